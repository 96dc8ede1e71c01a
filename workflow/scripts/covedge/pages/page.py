"""The page of one analysis: one method a section, and no section costs the others."""

import logging
import traceback
from collections.abc import Callable
from pathlib import Path

from covedge.markup import Markdown, failure
from covedge.pages import (
    atlas,
    bayes,
    causes,
    comparisons,
    data,
    engines,
    fixed_effects,
    geometry,
    glossary,
    instead,
    intervals,
    ladder,
    leave_out,
    masthead,
    methods,
    mixed_up,
    provenance,
    simulation,
    verdict,
)
from covedge.pages.private import hidden
from covedge.pages.results import Results, read

log = logging.getLogger(__name__)


def load(parameters: str | Path = "parameters.json") -> "Page":
    """The page whose result files the JSON file `parameters` names."""
    results = read(Path(parameters))
    return Page(hidden(results) if results.private else results)


def section(compose: Callable[[Results], str]) -> Callable[["Sections"], Markdown]:
    """The method of a page that makes one of its sections."""

    def method(page: "Sections") -> Markdown:
        return page.guarded(compose)

    method.__doc__ = compose.__doc__
    return method


class Sections:
    """Sections as Markdown. A section that fails shows why, and `failures` has it."""

    def __init__(self, results):
        self.results = results
        self.failures: list[tuple[str, str, str]] = []

    def guarded(self, compose: Callable[[Results], str]) -> Markdown:
        """The section, or the reason why it could not be made."""
        try:
            return Markdown(compose(self.results))
        except Exception as error:
            name = compose.__module__.rsplit(".", 1)[-1].replace("_", " ")
            reason = f"{type(error).__name__}: {error}"
            self.failures.append((name, reason, traceback.format_exc()))
            log.exception("section %s", name)
            return Markdown(
                failure("This section could not be made", reason)
                + "\nThe rest of the page does not depend on it; see [Errors](#errors).\n"
            )


class Page(Sections):
    """The sections of the page of one analysis."""

    masthead = section(masthead.compose)
    verdict = section(verdict.compose)
    mixed_up = section(mixed_up.compose)
    data = section(data.compose)
    ladder = section(ladder.compose)
    engines = section(engines.compose)
    geometry = section(geometry.compose)
    causes = section(causes.compose)
    instead = section(instead.compose)
    comparisons = section(comparisons.compose)
    intervals = section(intervals.compose)
    simulation = section(simulation.compose)
    leave_out = section(leave_out.compose)
    fixed_effects = section(fixed_effects.compose)
    bayes = section(bayes.compose)
    atlas = section(atlas.compose)
    words = section(glossary.compose)
    methods = section(methods.compose)
    provenance = section(provenance.compose)

    def errors(self) -> Markdown:
        """What failed: steps of the workflow, and sections of this page."""
        return Markdown(provenance.errors(self.results, self.failures))
