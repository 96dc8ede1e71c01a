"""`make gallery`: its own analyses and no others, in a folder of its own."""

import re
import shutil

from support import gallery
from support.tree import ROOT, copy_workflow


def test_make_gallery_renders_its_analyses_and_touches_no_others(tmp_path):
    tree = copy_workflow(tmp_path)
    shutil.copytree(ROOT / "data/published", tmp_path / "data/published")
    recipe = re.search(
        r"^gallery:.*\n(?:\t.*\n)*?\t.*snakemake --cores \$\(CORES\) (.*)",
        (ROOT / "Makefile").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    done = tree.snakemake("--dry-run", "--cores", "2", *recipe.group(1).split())
    assert done.returncode == 0, done.stdout
    pages = re.findall(r"^Job \d+: Writing the page of (\w+)$", done.stdout, re.MULTILINE)
    assert sorted(pages) == sorted(gallery.analyses())
    assert f"Working directory: {tmp_path / gallery.FOLDER.name}\n" in done.stdout
