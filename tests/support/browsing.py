"""Pages to open in a browser, and what the browser says of them."""

import json
import re
from pathlib import Path

from covedge.render import read_header
from index import index
from plan_page import plan_page
from report import report
from support.atlases import plan, record
from support.engine_answers import write_answers
from support.many import Study, write_many
from support.posteriors import write_posteriors
from support.results import Labels, write

REPORTS = Path(__file__).parents[2] / "reports"
DRESS = sorted(
    path for path in REPORTS.iterdir() if path.suffix in (".css", ".html", ".js", ".lua", ".yml")
)
LABELS = Labels(
    title="<script>alert(1)</script> & *stars* $x_1$",
    pairs=("a|b", "<i>x</i>", "$x_1$", "µ-opioid 🐀", "שלום", "very long name " * 8),
)
# As many as the index is to stay quick with.
MANY = 200


def write_pages(folder: Path) -> None:
    """Write `plain.html`, `odd.html`, whose labels are LABELS, `planned.html`, and their index."""
    analyses = {}
    atlas = folder / "atlas.json"
    atlas.write_text(json.dumps(record()), encoding="utf-8")
    plan_page(REPORTS / "plan.qmd", DRESS, atlas, plan(), "pandoc", folder / "planned.html")
    for name, labels in (("plain", Labels()), ("odd", LABELS)):
        files = write(folder / name, labels, infer=True) | {"atlas": str(atlas)}
        write_posteriors(folder / name / "posterior", labels)
        write_answers(folder / name, labels)
        analyses[name] = files.pop("analysis")
        files.pop("title")
        page = folder / f"{name}.html"
        report(REPORTS / "analysis.qmd", DRESS, files, analyses[name], "pandoc", page)
    verdicts = [folder / name / "verdict.json" for name in analyses]
    place = folder / "index.html"
    plans = {"planned": plan()}
    index(REPORTS / "index.qmd", DRESS, analyses, verdicts, "pandoc", place, plans, [atlas])


def write_index_of_many(folder: Path) -> list[Study]:
    """Write `many.html`, an index of MANY made-up studies; returns them, in its order."""
    studies, verdicts = write_many(folder / "many", MANY)
    analyses = {study.name: study.analysis for study in studies}
    index(REPORTS / "index.qmd", DRESS, analyses, verdicts, "pandoc", folder / "many.html")
    return studies


def scripts_of(name: str) -> list[str]:
    """The files that a document's header puts into its page as scripts, as they are."""
    header = read_header((REPORTS / f"{name}.qmd").read_text(encoding="utf-8"))
    told = "".join(each["text"] for each in header["format"]["html"]["include-after-body"])
    return [(REPORTS / path).read_text("utf-8") for path in re.findall(r'src="([^"]+)"', told)]


class Visit:
    """An opened page, and what the browser said and asked for."""

    def __init__(self, browser, path, width=1440, **options):
        viewport = {"width": width, "height": 900}
        self.context = browser.new_context(viewport=viewport, **options)
        self.page = self.context.new_page()
        self.said, self.asked, self.dialogs = [], [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog), dialog.dismiss()))
        self.page.goto(path.as_uri())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def open_folds(self):
        """Open every fold."""
        self.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")

    def scripts(self):
        """The text of every script that the page has."""
        return self.page.locator("script").evaluate_all("all => all.map(s => s.textContent)")
