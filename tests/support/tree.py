"""A copy of the workflow in which jobs only pretend, to see which jobs there are."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("Snakefile", "workflow", "config", "profiles", "environment.yml", "data/rats.csv")
STEPS = (
    "prepare",
    "fit",
    "ask_r",
    "engines",
    "bayes",
    "bootstrap",
    "compare",
    "profiles",
    "infer",
    "plan_atlas",
    "try_atlas",
    "atlas",
    "diagnose",
    "report",
    "plan_page",
    "index",
)

# Before the text of each script, whose imports the hash of the library still sees.
PRETEND = """
from pathlib import Path

for path in map(Path, snakemake.output):
    path.mkdir(parents=True) if not path.suffix else path.write_text("pretended")
raise SystemExit(0)
"""


@dataclass(frozen=True)
class Tree:
    """A copy of the workflow in `folder`."""

    folder: Path

    def snakemake(
        self, *arguments: str, timeout: float = 300, **env: str
    ) -> subprocess.CompletedProcess:
        """Run snakemake there; output and errors in one text. env : besides this process's own."""
        return subprocess.run(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **env},
        )

    def jobs(self) -> list[str]:
        """The messages of the jobs that a run would have, sorted."""
        done = self.snakemake("--dry-run")
        assert done.returncode == 0, done.stdout
        return sorted(re.findall(r"^Job \d+: (.*)$", done.stdout, re.MULTILINE))

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file, where it must be."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(text)


def copy_workflow(folder: Path) -> Tree:
    """A copy of all that the workflow consists of, without results."""
    for name in SOURCES:
        source, place = ROOT / name, folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, place)
    ignored = shutil.ignore_patterns("html", ".quarto", "*_files")
    shutil.copytree(ROOT / "reports", folder / "reports", ignore=ignored)
    return Tree(folder)


def copy_pretending(folder: Path) -> Tree:
    """A copy in which each job writes its outputs without computing anything."""
    tree = copy_workflow(folder)
    for step in STEPS:
        path = folder / f"workflow/scripts/{step}.py"
        path.write_text(PRETEND + path.read_text(encoding="utf-8"), encoding="utf-8")
    return tree
