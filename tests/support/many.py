"""Made-up results of many analyses, of which it is known what the index has to say.

Verdicts, causes, refits and errors go round with different periods, so that each meets each.
"""

import json
from dataclasses import dataclass
from pathlib import Path

ALERT = "<script>alert(1)</script>"
STATES = ("singular", "healthy", "not identifiable", "not certified", "unreadable")
INFORMATION, GROUP = "too_little_information", "one_group"
INFORMATION_TITLE = "Too little information to see the smallest variance that matters"
GROUP_TITLE = "One group decides"
UNKNOWN = "<img_src=x_onerror=alert(1)>"
TITLES = {7: ALERT, 8: "Élan vital of 200 µ-opioid rats 🐀", 9: "שלום עולם", 11: "long" * 40}
# A name that no line has room for.
LONG = "x" * 200
REFITS = ("converged", "not converged", "not run", "failed")


@dataclass(frozen=True)
class Study:
    """One analysis, and what the index has to say of it."""

    place: int

    @property
    def name(self) -> str:
        return f"study_{self.place}"

    @property
    def title(self) -> str:
        return TITLES.get(self.place, f"Study {self.place}")

    @property
    def formula(self) -> str:
        effect = LONG if self.place == 12 else "x"
        return f"y{self.place} ~ {effect} + ({effect} | g)"

    @property
    def state(self) -> str:
        return STATES[self.place % 5]

    @property
    def causes(self) -> list[str]:
        if self.state != "singular":
            return []
        return [[INFORMATION], [INFORMATION, GROUP], [UNKNOWN]][self.place // 5 % 3]

    @property
    def rank(self) -> int:
        return 1 if self.state == "singular" else 2

    @property
    def refit(self) -> str:
        return REFITS[self.place % 4]

    @property
    def errors(self) -> int:
        """Engines that failed, and the refit; where nothing can be read, that."""
        if self.state == "unreadable":
            return 1
        return self.place % 3 + (self.refit == "failed")

    @property
    def analysis(self) -> dict:
        return {"name": self.name, "title": self.title, "formula": self.formula}


def write_many(folder: Path, n: int) -> tuple[list[Study], list[Path]]:
    """Studies 0 to n - 1 below `folder`: what they are, and the place of each verdict.json."""
    studies = [Study(place) for place in range(n)]
    for study in studies:
        if study.state != "unreadable":
            _write(folder / study.name, study)
    return studies, [folder / study.name / "verdict.json" for study in studies]


def _write(folder: Path, study: Study) -> None:
    term = {"group": "g", "effects": ["(Intercept)", "x"], "structure": "full", "full_rank": 2}
    term |= {"rank": study.rank, "degenerate": study.rank < 2}
    known = study.state != "not identifiable"
    fit = {"model": "m1", "formula": study.formula, "terms": [term | {"identifiable": known}]}
    fit |= {"identifiable": known, "certificate": {"certified": study.state != "not certified"}}
    causes = [{"cause": each, "model": "m1", "sentence": "So."} for each in study.causes]
    advice = {"model": "m0", "formula": f"y{study.place} ~ x + (1 | g)"}
    _save(folder / "design.json", {"terms": []})
    _save(folder / "ladder.json", [{"model": "m1", "formula": study.formula, "label": "yours"}])
    _save(folder / "fits/m1.json", fit)
    _save(folder / "verdict.json", {"causes": causes, "recommended": advice, "summary": "So."})
    for engine in ("statsmodels", "nlme")[: study.place % 3]:
        _save(folder / f"engines/{engine}/m1.json", {"status": "failed", "reason": "no memory"})
    if study.refit != "not run":
        _save(folder / "posterior/m1.lkj.collapsed.json", _refit(study.refit))


def _refit(ended: str) -> dict:
    if ended == "failed":
        return {"status": "failed", "model": "m1", "role": "main", "reason": "no compiler"}
    told = {"status": "ok", "model": "m1", "role": "main", "divergences": 0}
    return told | {"prior": "lkj", "parametrization": "collapsed", "converged": ended == REFITS[0]}


def _save(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
