"""Which modules a script uses."""

from pathlib import Path

import pytest

from covedge.digest import digest, sources

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"

FILES = {
    "fit.py": "from library import kernel\nimport numpy\n",
    "show.py": "def show():\n    from library.figures.bars import draw\n",
    "library/__init__.py": "",
    "library/kernel.py": "from . import tools\n",
    "library/tools.py": "import library.kernel\n",
    "library/unused.py": "",
    "library/figures/__init__.py": "",
    "library/figures/bars.py": "from ..tools import x\nfrom .style import y\n",
    "library/figures/style.py": "",
    "library/figures/look.mplstyle": "axes.grid: true\n",
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def names(root, script):
    return [path.relative_to(root).as_posix() for path in sources(root / script, root)]


def test_what_is_imported_is_found_through_other_modules(root):
    assert names(root, "fit.py") == [
        "fit.py",
        "library/__init__.py",
        "library/kernel.py",
        "library/tools.py",
    ]


def test_imports_in_functions_and_data_files_count(root):
    assert names(root, "show.py") == [
        "library/__init__.py",
        "library/figures/__init__.py",
        "library/figures/bars.py",
        "library/figures/look.mplstyle",
        "library/figures/style.py",
        "library/kernel.py",
        "library/tools.py",
        "show.py",
    ]


@pytest.mark.parametrize(
    ("changed", "fit", "show"),
    [
        ("library/kernel.py", True, True),
        ("library/tools.py", True, True),
        ("library/figures/bars.py", False, True),
        ("library/figures/look.mplstyle", False, True),
        ("library/unused.py", False, False),
        ("fit.py", True, False),
    ],
)
def test_the_hash_changes_with_what_is_used_only(root, changed, fit, show):
    before = [digest(root / name, root) for name in ("fit.py", "show.py")]
    with (root / changed).open("a") as file:
        file.write("# changed\n")
    after = [digest(root / name, root) for name in ("fit.py", "show.py")]
    assert [a != b for a, b in zip(after, before, strict=True)] == [fit, show]


def test_the_hash_does_not_depend_on_the_place(root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name, text in FILES.items():
        (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / name).write_text(text)
    assert digest(root / "fit.py", root) == digest(elsewhere / "fit.py", elsewhere)


def test_the_modules_of_the_first_step():
    used = {path.name for path in sources(SCRIPTS / "prepare.py", SCRIPTS)}
    assert {"prepare.py", "data.py", "subset.py", "formula.py", "errors.py"} <= used
    assert not used & {"kernel.py", "likelihood.py", "render.py"}
