"""A fit that the user has already: theta or VarCorr from lme4, as an engine's answer.

`write.csv(as.data.frame(VarCorr(fit)), "fit.csv")` and `write.csv(getME(fit, "theta"), "fit.csv")`
write such files, and so does jsonlite. `given_fit` reads them; here they find their places in a
model.
"""

import re
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np

from covedge.engines.answer import Answer, NotExpressible
from covedge.engines.given_fit import Block, GivenFit
from covedge.engines.lme4 import Bar, random_terms
from covedge.errors import DataError, did_you_mean
from covedge.formulas.formula import parse
from covedge.frames.design import ModelFrame
from covedge.markup import listing
from covedge.models.ladder import Model


def answer(given: GivenFit, frame: ModelFrame, model: Model) -> Answer:
    """What the file says of `model`. Raises DataError where it is of another model."""
    try:
        bars = random_terms(frame, model)
    except NotExpressible as reason:
        raise DataError(
            f"{given.path}: no answer can be given for {model.name}: {reason}"
        ) from None
    if given.theta is not None:
        components = _of_theta(given, bars, model)
    else:
        components = [S / given.sigma**2 for S in _of_blocks(given, bars, model)]
    return Answer(
        components=components,
        sigma=given.sigma,
        beta=None,
        std_error=None,
        criterion=given.criterion,
        converged=None,
        messages=(),
        seconds=None,
        theta=given.theta,
    )


def _of_theta(given, bars, model):
    """Per bar its relative covariance, from the lower triangles of Lambda's blocks."""
    order = _in_lme4s_order(bars, model)
    names = [name for bar in order for name in _theta_names(bar)]
    if len(given.theta) != len(names):
        raise DataError(
            f"{given.path}: theta has {len(given.theta)} numbers, and {model.name} has "
            f"{len(names)}: {_shown(name[0] for name in names)}"
        )
    theta = given.theta[_places(given, names)]
    found, at = {}, 0
    for bar in order:
        p = len(bar.meant_effects)
        L = np.zeros((p, p))
        # Column by column of the lower triangle.
        L.T[np.triu_indices(p)] = theta[at : at + p * (p + 1) // 2]
        at += p * (p + 1) // 2
        found[id(bar)] = L @ L.T
    return [found[id(bar)] for bar in bars]


def _in_lme4s_order(bars, model):
    """By falling numbers of levels. lme4 sorts only where they are not so as written, and then ties
    come in reverse.
    """
    written = [frozenset(term.group) for term in parse(model.formula).terms]
    listed = sorted(bars, key=lambda bar: written.index(frozenset(bar.meant_group)))
    levels = [int(bar.group.max()) + 1 for bar in listed]
    if all(one >= other for one, other in pairwise(levels)):
        return listed
    order = sorted(range(len(listed)), key=lambda i: levels[i])
    return [listed[i] for i in reversed(order)]


def _theta_names(bar: Bar) -> list[tuple[str, ...]]:
    """For each element of theta the names that lme4 may give it."""
    groups = _group_names(bar)
    effects = [_plain(effect) for effect in bar.meant_effects]
    pairs = [(i, j) for j in range(len(effects)) for i in range(j, len(effects))]
    tails = [effects[i] if i == j else f"{effects[i]}.{effects[j]}" for i, j in pairs]
    return [tuple(f"{group}.{tail}" for group in groups) for tail in tails]


def _places(given, names):
    """Where in the file each element of theta is: by its name, if it has one, else in order."""
    told = [_plain(name) for name in given.theta_names]
    known = {alias: i for i, aliases in enumerate(names) for alias in aliases}
    if not any(name in known for name in told):
        return np.arange(len(names))
    for name in told:
        if name not in known:
            raise DataError(
                f"{given.path}: theta has no element `{name}` in this model"
                + did_you_mean(name, [aliases[0] for aliases in names])
            )
    places = {known[name]: i for i, name in enumerate(told)}
    if len(places) < len(names):
        lacking = next(aliases[0] for i, aliases in enumerate(names) if i not in places)
        raise DataError(f"{given.path}: the element `{lacking}` of theta is missing")
    return np.array([places[i] for i in range(len(names))])


def _of_blocks(given, bars, model):
    """Per bar its covariance, in the order of its effects."""
    left = list(given.blocks)
    found = []
    for bar in bars:
        block = next((b for b in left if _is_of(b, bar)), None)
        if block is None:
            raise DataError(f"{given.path}: {_not_there(left, bar, model)}")
        left.remove(block)
        told = [_plain(effect) for effect in block.effects]
        order = [told.index(_plain(effect)) for effect in bar.meant_effects]
        found.append(block.covariance[np.ix_(order, order)])
    if left:
        groups = dict.fromkeys(":".join(bar.meant_group) for bar in bars)
        raise DataError(
            f"{given.path}: {left[0].place}: {model.name}, which is `{model.formula}`, has no term "
            f"{_words(left[0])}{did_you_mean(left[0].group, groups)}"
        )
    return found


def _same_group(block: Block, bar: Bar) -> bool:
    """lme4 calls the second term on g `g.1`, and then a:b is `a.b`, by R's make.names()."""
    stem, _, number = block.group.rpartition(".")
    names = {block.group, stem} if number.isdigit() else {block.group}
    known = _group_names(bar)
    return bool(names & {*known, *(re.sub(r"[^\w.]", ".", name) for name in known)})


def _group_names(bar):
    """What the interaction a:b may be called in R: b:a, too."""
    return [":".join(parts) for parts in permutations(bar.meant_group)]


def _is_of(block, bar):
    effects = {_plain(effect) for effect in bar.meant_effects}
    return _same_group(block, bar) and {_plain(effect) for effect in block.effects} == effects


def _not_there(blocks, bar, model):
    """Why no block is the one of `bar`."""
    wanted = f"{model.name}, which is `{model.formula}`, has `({bar.meant})`"
    same = [block for block in blocks if _same_group(block, bar)]
    if not same:
        groups = dict.fromkeys(block.group for block in blocks)
        return f"{wanted}, and the file has no `{':'.join(bar.meant_group)}`" + (
            f" but {_shown(groups)}" if groups else ""
        )
    return (
        f"{wanted} with the effects {_shown(bar.meant_effects)}, and the file has {_words(same[0])}"
    )


def _words(block):
    return f"on `{block.group}` with the effects {_shown(block.effects)}"


def _shown(names):
    return listing(f"`{name}`" for name in names)


def _plain(name: str) -> str:
    """An effect's name without what R and Python write differently."""
    return name.replace(" ", "").replace("**", "^").replace("`", "")


def file_of(answers: str | dict | None, models: list[str]) -> dict[str, Path]:
    """The files by model that the config key `answers` names. Raises DataError."""
    if answers is None:
        return {}
    if isinstance(answers, str):
        return {models[-1]: Path(answers)}
    for name in answers:
        if name not in models:
            raise DataError(f"answers: there is no model `{name}`{did_you_mean(name, models)}")
    return {name: Path(path) for name, path in answers.items()}
