"""The pages and the browser that several modules share; both take seconds to get ready."""

import pytest

from support.browsing import write_index_of_many, write_pages


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """A folder with plain.html, odd.html and index.html."""
    folder = tmp_path_factory.mktemp("pages")
    write_pages(folder)
    return folder


@pytest.fixture(scope="session")
def many(tmp_path_factory):
    """(path, studies) of an index of many analyses."""
    folder = tmp_path_factory.mktemp("many")
    studies = write_index_of_many(folder)
    return folder / "many.html", studies


@pytest.fixture(scope="session")
def browser(require_program):
    """Headless Chromium."""
    program = require_program("chromium", "chromium-browser", "google-chrome")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()
