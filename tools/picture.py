"""The README's pictures: the first screen of a page, or one of its figures, as Chromium shows it.

python tools/picture.py reports/html/rats_s15.html docs/report.png
python tools/picture.py reports/html/rats_s15.html docs/atlas.png fig-atlas
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def picture(page: Path, image: Path, figure: str | None = None) -> None:
    """Write a PNG of the top of `page` at 1440 x 1000 pixels, or of the figure with this id."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("error: no Chromium on the path; install one (Debian: apt-get install chromium)")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1440, "height": 1000})
        tab.goto(page.resolve().as_uri())
        image.parent.mkdir(parents=True, exist_ok=True)
        if figure is None:
            tab.screenshot(path=image)
        else:
            tab.locator(f"#{figure}").screenshot(path=image)
        browser.close()


if __name__ == "__main__":
    picture(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
