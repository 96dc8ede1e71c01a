"""R with its packages, and what stands in its place."""

import os

import pytest


@pytest.fixture
def fake_r(tmp_path, monkeypatch):
    """A function that puts a shell script of one's own in the place of Rscript."""

    def put(lines):
        program = tmp_path / "Rscript"
        program.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    return put


@pytest.fixture
def no_r(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
