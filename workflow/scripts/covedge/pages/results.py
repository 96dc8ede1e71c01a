"""The result files of one analysis, read once."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from covedge.pages.rungs import rungs

FAILED = "failed"
STATUS = "status.json"
# What lies beside the posteriors' own summaries, and is about several of them.
COMPARISON, AGREEMENT, MODES = "comparison.json", "agreement.json", "modes.json"
# A run of this role shows what failure looks like: it is no refit, and no result.
EXAMPLE = "example"


@dataclass(frozen=True)
class Results:
    """What the steps have written; a missing or unreadable optional file is in `unread`.

    analysis : the analysis' slice of the config. ladder : rungs, simplest first.
    fits : by model. engines : by engine, then by model. posterior : summaries.
    examples : summaries of the runs that only show what failure looks like.
    comparison, agreement : of posteriors with each other; empty where there is none.
    modes : highest points of posteriors that cannot be sampled.
    steps : how the optional steps ended, by name.
    intervals : by model; tests, leave_out, atlas : empty where there are none.
    dropped : columns of the fixed part that the others determine.
    draws : path of the draws by (model, prior, parametrization).
    private : whether the page must not name single groups and rows.
    level_names : what levels of grouping factors are called instead; empty where by their labels.
    """

    analysis: dict
    design: dict
    ladder: list[dict]
    fits: dict[str, dict]
    engines: dict[str, dict[str, dict]]
    posterior: list[dict]
    steps: dict[str, dict]
    draws: dict[tuple[str, str, str], Path]
    verdict: dict
    dropped: tuple[str, ...] = ()
    provenance: dict = field(default_factory=dict)
    intervals: dict[str, dict] = field(default_factory=dict)
    tests: dict = field(default_factory=dict)
    leave_out: dict = field(default_factory=dict)
    atlas: dict = field(default_factory=dict)
    examples: tuple[dict, ...] = ()
    comparison: dict = field(default_factory=dict)
    agreement: tuple[dict, ...] = ()
    modes: tuple[dict, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    private: bool = False
    level_names: dict[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> dict:
        """The fit of the formula asked for: the last rung of the ladder that has a fit."""
        return next(
            self.fits[rung["model"]] for rung in reversed(self.ladder) if rung["model"] in self.fits
        )

    @property
    def focus(self) -> dict:
        """The fit to look at closely: the one asked for, or the richest that is identifiable."""
        return self.fits.get(self.verdict.get("focus") or "", self.asked)

    @property
    def recommended(self) -> dict:
        """Model, formula and reason of what to report instead; empty where there is none."""
        return self.verdict.get("recommended") or {}

    def design_term(self, group: str) -> dict:
        """What design.json says of a grouping factor; empty if nothing."""
        return next((t for t in self.design.get("terms", []) if t["group"] == group), {})

    def label(self, model: str) -> str:
        """What a rung is called in words."""
        return next((r["label"] for r in self.ladder if r["model"] == model), model)


def read(parameters: Path) -> Results:
    """Read what the parameter file names."""
    return read_given(json.loads(parameters.read_text(encoding="utf-8")))


def read_given(given: dict) -> Results:
    """Read the files that `given` names. A broken optional file does not stop the page."""
    unread: list[tuple[str, str]] = []

    def optional(path: Path) -> dict:
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            unread.append((path.name, f"{type(error).__name__}: {error}"))
            return {"status": FAILED, "reason": f"the file {path.name} cannot be read: {error}"}

    fits = {p.stem: optional(p) for p in _files(given, "fits", "*.json") if p.name != STATUS}
    engines: dict[str, dict[str, dict]] = {}
    for path in _files(given, "engines", "*/*.json"):
        engines.setdefault(path.parent.name, {})[path.stem] = optional(path)
    intervals = {
        p.stem: optional(p) for p in _files(given, "intervals", "*.json") if p.name != STATUS
    }
    alone = {
        step: optional(Path(given[step]))
        for step in ("tests", "leave_out", "atlas")
        if given.get(step)
    }
    posteriors = _posteriors(given, optional)
    ladder = json.loads(Path(given["ladder"]).read_text(encoding="utf-8"))
    return Results(
        analysis=given["analysis"],
        design=optional(Path(given["design"])),
        ladder=rungs(ladder),
        dropped=() if isinstance(ladder, list) else tuple(ladder["dropped"]),
        fits={model: fit for model, fit in fits.items() if fit.get("status") != FAILED},
        engines=engines,
        steps={
            step: optional(path)
            for step in ("engines", "posterior", "intervals")
            for path in _files(given, step, STATUS)
        }
        | {step: told for step, told in alone.items() if told.get("status") == FAILED},
        verdict=optional(Path(given["verdict"])) if given.get("verdict") else {},
        provenance=given.get("provenance") or {},
        private=bool(given.get("private")),
        unread=tuple(unread),
        intervals={m: told for m, told in intervals.items() if told.get("status") != FAILED},
        **{step: told for step, told in alone.items() if told.get("status") != FAILED},
        **posteriors,
    )


def _posteriors(given: dict, optional: Callable) -> dict:
    """Fields of `Results` from the sampling step's files: each run's, and those about several."""
    files = {path.name: path for path in _files(given, "posterior", "*.json")}
    comparison, agreement, modes = (
        optional(files[name]) if name in files else {} for name in (COMPARISON, AGREEMENT, MODES)
    )
    runs = [optional(path) for path in files.values() if path.stem.count(".") == 2]
    return {
        "posterior": [run for run in runs if not _is_example(run)],
        "examples": tuple(run for run in runs if _is_example(run)),
        "comparison": {} if comparison.get("status") == FAILED else comparison,
        "agreement": tuple(agreement) if isinstance(agreement, list) else (),
        "modes": tuple(modes) if isinstance(modes, list) else (),
        "draws": {
            tuple(path.stem.split(".")): path
            for path in _files(given, "posterior", "*.nc")
            if path.stem.count(".") == 2
        },
    }


def _is_example(run: dict) -> bool:
    """An example that failed is listed among the errors like any run."""
    return run.get("role") == EXAMPLE and run.get("status") != FAILED


def _files(given: dict, key: str, pattern: str) -> list[Path]:
    return sorted(Path(given[key]).glob(pattern)) if given.get(key) else []
