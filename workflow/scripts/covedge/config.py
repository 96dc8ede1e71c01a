"""The config: checked against its schema, defaults filled in, errors in one line each."""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from covedge.errors import ConfigError, CovedgeError, FormulaError, did_you_mean, nearest
from covedge.formulas import subset
from covedge.formulas.formula import parse
from covedge.formulas.planned import plan_problems
from covedge.frames.reading import Reading, reading

# What each step reads of an analysis, `a.b` being the key b within a. An edit of a key reruns the
# steps that read it, and what comes after them. The report shows everything.
STEPS: dict[str, tuple[str, ...]] = {
    "prepare": ("read", "subset", "formula", "missing", "categorical", "weights", "ladder"),
    "fit": ("formula", "method", "ladder", "weights", "seed"),
    "ask_r": ("formula", "method", "ladder", "weights", "engines", "seed"),
    "engines": ("formula", "method", "ladder", "weights", "engines", "answers"),
    "bayes": ("formula", "method", "ladder", "weights", "bayes", "seed"),
    "bootstrap": ("method", "bootstrap.models", "seed"),
    "compare": ("method", "bootstrap", "seed"),
    "profiles": ("method", "seed"),
    "infer": ("formula", "method", "ladder", "weights", "smallest_sd", "bootstrap", "seed"),
    "plan_atlas": ("formula", "method", "ladder", "weights", "smallest_sd", "seed"),
    "try_atlas": ("formula", "method", "ladder", "weights", "smallest_sd", "seed"),
    "atlas": ("formula", "method", "ladder", "weights", "smallest_sd", "seed"),
    "diagnose": ("formula", "method", "ladder", "weights", "smallest_sd", "bootstrap", "seed"),
}


def load_schema(path: str | Path) -> dict:
    """The schema of the config, from its YAML file."""
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def load_config(config: Mapping, schema: Mapping, folder: str | Path = ".") -> dict:
    """The config with all defaults filled in; what is given is left as it was.

    folder : where the paths of data files start.

    Raises ConfigError with every problem there is, each in one line that begins with its key.
    """
    given = _with_text_keys(copy.deepcopy(dict(config)))
    errors = Draft202012Validator(_without_required(schema, given)).iter_errors(given)
    problems = [line for error in _in_order(errors) for line in _lines(error)]
    problems += _not_finite(given)
    analyses = given.get("analyses")
    for name, analysis in (analyses if isinstance(analyses, dict) else {}).items():
        if isinstance(analysis, dict):
            problems += _content_problems(f"analyses.{name}", analysis, Path(folder))
    if not problems:
        problems = _plan_problems(_filled(given, schema))
    if problems:
        raise ConfigError(list(dict.fromkeys(map(_one_line, problems))))
    filled = _filled(given, schema)
    for name, plan in filled["plans"].items():
        plan["name"] = name
        plan["title"] = plan["title"] or name
    filled.setdefault("analyses", {})
    for name, analysis in filled["analyses"].items():
        analysis["name"] = name
        analysis["title"] = analysis["title"] or name
    return filled


def step_config(analysis: Mapping, step: str) -> dict:
    """What a step reads of an analysis: its name and the keys listed in STEPS, else all keys."""
    keys = ("name", *STEPS[step]) if step in STEPS else tuple(analysis)
    wanted: dict = {}
    for key in keys:
        outer, _, inner = key.partition(".")
        if inner:
            wanted.setdefault(outer, {})[inner] = analysis[outer][inner]
        else:
            wanted[outer] = analysis[outer]
    return copy.deepcopy(wanted)


def plan_config(plan: Mapping) -> dict:
    """What the steps read of a plan: all but how many rounds there are, which none depends on."""
    return {key: copy.deepcopy(value) for key, value in plan.items() if key != "rounds"}


def _not_finite(value: Any, path: tuple = ()) -> Iterator[str]:
    """Keys with .nan or .inf, which YAML knows as numbers and bounds in a schema let pass."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _not_finite(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _not_finite(item, (*path, i))
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{_path(path)}: must be a finite number, but is {value}"


def _with_text_keys(value: Any) -> Any:
    """YAML reads the key `2024` as a number; JSON's keys, and ours, are text."""
    if isinstance(value, Mapping):
        return {str(key): _with_text_keys(item) for key, item in value.items()}
    return [_with_text_keys(item) for item in value] if isinstance(value, list) else value


def _without_required(schema: Mapping, given: Mapping) -> Mapping:
    """The schema of a config that has plans, and so needs no analyses."""
    if not isinstance(given.get("plans"), dict) or not given["plans"]:
        return schema
    return {key: value for key, value in schema.items() if key != "required"}


def _plan_problems(filled: Mapping) -> list[str]:
    """What the schema cannot say of plans."""
    problems = [
        f"plans.{name}: an analysis has this name; give the plan another"
        for name in filled["plans"]
        if name in filled.get("analyses", {})
    ]
    for name, plan in filled["plans"].items():
        try:
            problems += plan_problems(f"plans.{name}", plan, parse(plan["formula"]))
        except CovedgeError as error:
            problems.append(f"plans.{name}.formula: {error}")
    return problems


def _filled(value: Any, schema: Mapping) -> Any:
    """The value with the schema's defaults where it has nothing, as copies."""
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties", {})
    rest = schema.get("additionalProperties")
    filled = {
        key: copy.deepcopy(sub["default"]) for key, sub in properties.items() if "default" in sub
    }
    filled = {**filled, **value}
    for key, item in filled.items():
        below = properties.get(key, rest)
        if isinstance(below, Mapping):
            filled[key] = _filled(item, below)
    return filled


def _in_order(errors: Iterator[ValidationError]) -> list[ValidationError]:
    return sorted(errors, key=lambda error: [str(part) for part in error.absolute_path])


def _lines(error: ValidationError) -> Iterator[str]:
    """What one of jsonschema's errors says, in our words."""
    if "propertyNames" in list(error.absolute_schema_path):
        where = _path(error.absolute_path)
        yield f"{where}.{error.instance}: a name must be {error.schema['title']}"
    elif error.validator == "additionalProperties":
        known = error.schema["properties"]
        for key in error.instance:
            if key not in known:
                yield f"{_path([*error.absolute_path, key])}: unknown key{_hint(key, known, error)}"
    elif error.validator == "required":
        misspelt = {nearest(key, error.schema["properties"]) for key in error.instance}
        for key in error.validator_value:
            if key not in error.instance and key not in misspelt:
                yield f"{_path(error.absolute_path)}: the key `{key}` is missing"
    else:
        expected = error.schema.get("title", error.message)
        yield f"{_path(error.absolute_path)}: must be {expected}, but is {_shown(error.instance)}"


def _one_line(problem: str) -> str:
    """The problem with line breaks and other control characters, from keys and values, as code."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", lambda c: repr(c[0])[1:-1], problem)


def _hint(key: str, known: Mapping, error: ValidationError) -> str:
    """The nearest known key, here or anywhere in the analysis."""
    if nearest(key, known) is None:
        for name, sub in known.items():
            if key in sub.get("properties", {}):
                return f"; did you mean `{name}: {{{key}: ...}}`?"
    return did_you_mean(key, known)


def _path(parts) -> str:
    """`analyses.rats.ladder[2]`; list positions count from 1."""
    text = ""
    for part in parts:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "config"


def _shown(value: Any) -> str:
    if value is None:
        return "empty"
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):  # YAML knows dates, JSON does not
        text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _content_problems(where: str, analysis: Mapping, folder: Path) -> list[str]:
    """What the schema cannot say: files, formulas and conditions."""
    checks = {"data": _check_file, "formula": parse, "subset": subset.columns}
    problems = []
    for key, check in checks.items():
        if isinstance(analysis.get(key), str) and analysis[key]:
            try:
                check(analysis[key], folder) if key == "data" else check(analysis[key])
            except CovedgeError as error:
                problems.append(f"{where}.{key}: {error}")
    try:
        _check_read(analysis.get("read"))
    except CovedgeError as error:
        problems.append(f"{where}.{error.key}: {error}")
    problems += [f"{where}.bayes.priors{place}" for place in _improper(analysis.get("bayes"))]
    for key, path in _answers(analysis.get("answers")):
        try:
            _check_file(path, folder)
        except CovedgeError as error:
            problems.append(f"{where}.answers{key}: {error}")
    ladder = analysis.get("ladder")
    for i, text in enumerate(ladder if isinstance(ladder, list) else [], start=1):
        try:
            _check_rung(text, analysis.get("formula"))
        except CovedgeError as error:
            problems.append(f"{where}.ladder[{i}]: {error}")
    return problems


def _check_read(read: Any) -> None:
    """CovedgeError for what contradicts itself in `read`; keys and types are the schema's."""
    if isinstance(read, dict) and all(isinstance(value, str | None) for value in read.values()):
        known = {field.name for field in fields(Reading)}
        reading({key: value for key, value in read.items() if key in known})


def _answers(answers: Any) -> Iterator[tuple[str, str]]:
    """The files that the key names: `.model`, or nothing, and the path."""
    named = answers if isinstance(answers, dict) else {"": answers}
    for model, path in named.items():
        if isinstance(path, str) and path:
            yield (f".{model}" if model else ""), path


def _improper(bayes: Any) -> Iterator[str]:
    """Priors that are asked for and have no posterior that could be sampled."""
    priors = bayes.get("priors") if isinstance(bayes, dict) else None
    for i, name in enumerate(priors if isinstance(priors, list) else [], start=1):
        if name == "blme":
            yield (
                f"[{i}]: blme's prior has no finite integral and is not sampled; ask for "
                "`wishart`, which is like it near zero and finite far out. The posterior mode "
                "under blme's prior is computed in any case"
            )


def _check_file(text: str, folder: Path) -> None:
    path = folder / text
    if "{" in text or "}" in text:
        raise CovedgeError(f"{text} has braces, which Snakemake takes for wildcards: rename it")
    if "\0" in text or path.is_dir():
        what = "is a folder, not a file" if "\0" not in text else "holds a NUL character"
        raise CovedgeError(f"{text!r} {what}")
    if not path.is_file():
        beside = path.parent.iterdir() if path.parent.is_dir() else ()
        close = nearest(path.name, [each.name for each in beside if each.is_file()])
        hint = f"; did you mean `{Path(text).parent / close}`?" if close else ""
        raise CovedgeError(f"there is no file {text}{hint}")


def _check_rung(text: Any, asked: Any) -> None:
    if not isinstance(text, str):
        return  # the schema has said it
    response = parse(text).response
    try:
        wanted = parse(asked).response if isinstance(asked, str) else response
    except FormulaError:
        return
    if response != wanted:
        message = f"the response is `{response}`, and `{wanted}` in the formula asked for"
        raise FormulaError(message, text)
