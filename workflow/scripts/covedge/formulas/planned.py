"""Whether a plan has what its formula names, and nothing else."""

from collections.abc import Mapping

from covedge.errors import did_you_mean
from covedge.formulas.formula import Formula


def plan_problems(where: str, plan: Mapping, formula: Formula) -> list[str]:
    """One line each; where : the plan's key in the config."""
    groups, predictors = plan["groups"], plan["predictors"]
    known = [*groups, *predictors]
    grouping = list(dict.fromkeys(name for term in formula.terms for name in term.group))
    terms = [term.group_name for term in formula.terms]
    problems = [
        f"{where}: `{name}` of the formula is neither under `groups` nor under `predictors`"
        + did_you_mean(name, known)
        for name in formula.variables[1:]
        if name not in known
    ]
    problems += [
        f"{where}.groups.{name}: the formula has no such grouping factor"
        + did_you_mean(name, grouping)
        for name in groups
        if name not in grouping
    ]
    problems += [
        f"{where}.predictors.{name}: a grouping factor has this name"
        for name in predictors
        if name in groups
    ]
    problems += [
        f"{where}.predictors.{name}.between: `{given['between']}` is not under `groups`"
        + did_you_mean(given["between"], list(groups))
        for name, given in predictors.items()
        if isinstance(given, Mapping) and given["between"] not in groups
    ]
    problems += [
        f"{where}.sd.{name}: the formula has no such term" + did_you_mean(name, terms)
        for name in plan["sd"]
        if name not in terms
    ]
    problems += [
        f"{where}.sd: the term `{name}` is missing; give its standard deviation"
        for name in dict.fromkeys(terms)
        if name not in plan["sd"]
    ]
    if not terms:
        problems.append(f"{where}.formula: a model without random effects cannot be singular")
    return problems
