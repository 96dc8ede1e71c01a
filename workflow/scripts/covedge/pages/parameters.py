"""What a page is told: where its results are, and where they come from."""

import hashlib
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# Packages whose version can change a number on the page.
PACKAGES = (
    "covedge",
    "numpy",
    "scipy",
    "numba",
    "formulaic",
    "pandas",
    "statsmodels",
    "pymc",
    "pytensor",
    "nutpie",
    "arviz",
    "snakemake",
)
TITLE = "Singular fits, explained"
# The repository that the library is in, where it is in one.
ROOT = Path(__file__).parents[4]
LOCK = "requirements.lock"


def page_parameters(analysis: dict, files: Mapping[str, str], private: bool = False) -> dict:
    """Parameters of `analysis.qmd`: the config's slice, absolute paths, and the provenance.

    private : leave out the names of single groups, and numbers of rows.
    """
    title = analysis.get("title") or analysis["name"]
    places = {name: str(Path(path).resolve()) for name, path in files.items()}
    told = {"title": title, "analysis": analysis, "private": private}
    return {**told, **places, "provenance": provenance(analysis)}


def plan_parameters(plan: dict, atlas: str | Path) -> dict:
    """Parameters of `plan.qmd`: the config's slice, the path of atlas.json, and the provenance."""
    return {
        "title": plan["title"],
        "plan": plan,
        "atlas": str(Path(atlas).resolve()),
        "provenance": _rendered(),
    }


def index_parameters(
    analyses: Mapping[str, dict],
    folders: Mapping[str, Path],
    plans: Mapping[str, dict] | None = None,
    atlases: Mapping[str, Path] | None = None,
) -> dict:
    """Parameters of `index.qmd`: for each analysis its config, its results and its page.

    plans : the same of plans, atlases : their atlas.json.
    """
    pages = [
        {"analysis": analysis, "href": f"{name}.html", **_places(folders[name])}
        for name, analysis in analyses.items()
    ]
    planned = [
        {"title": plan["title"], "href": f"{name}.html", "atlas": str(atlases[name].resolve())}
        for name, plan in (plans or {}).items()
    ]
    return {"title": TITLE, "pages": pages, "plans": planned}


def _places(folder: Path) -> dict[str, str]:
    """Paths as `page_parameters` has them. Only a step that is missing as a whole is left out."""
    folder = folder.resolve()
    files = {name: folder / f"{name}.json" for name in ("design", "ladder", "verdict")}
    files |= {name: folder / name for name in ("fits", "engines", "posterior", "intervals")}
    late = {name: folder / f"{name}.json" for name in ("tests", "leave_out", "atlas")}
    files |= {name: path for name, path in late.items() if path.exists()}
    return {name: str(path) for name, path in files.items()}


def provenance(analysis: dict) -> dict:
    """Hashes, the code's commit, versions, machine, and the time of rendering (UTC, to the minute).

    What the commit and the lock are is known in a clone of the repository only, else None.
    """
    return {"data_sha256": sha256(Path(analysis["data"])), **_rendered()}


def _rendered():
    return {
        "lock_sha256": sha256(ROOT / LOCK),
        **_commit(),
        "rendered": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{platform.system()} on {platform.machine()}",
        "versions": {"python": platform.python_version(), **_versions()},
    }


def _commit() -> dict:
    """The commit that the library is at, and whether code that makes results is changed since."""
    if _git("ls-files", "--error-unmatch", __file__) is None:
        return {"commit": None, "changed": None}
    changes = _git("status", "--porcelain", "--", "Snakefile", "workflow", "reports", LOCK)
    return {"commit": _git("rev-parse", "HEAD"), "changed": bool(changes)}


def _git(*arguments: str) -> str | None:
    """What git says in the repository, or None: no git, no repository, or not of this code."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def sha256(path: Path) -> str | None:
    """Hash of a file's content; None where there is no such file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
