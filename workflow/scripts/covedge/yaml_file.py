"""The config as a file: whether it is YAML, and nothing but values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import yaml

from covedge.errors import ConfigError

# A thousand analyses with every key have some hundred thousand.
MOST_NODES = 1_000_000
# No key of the config is a tenth as deep; readers of YAML recurse, up to whatever limit there is.
DEEPEST = 100


def check_yaml(path: str | Path) -> None:
    """ConfigError, with the place, for a file that is not YAML or has a key twice.

    YAML's own readers keep the last of two equal keys, so that an analysis copied and not renamed
    would go missing without a word.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror.lower() if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError([f"{path}: cannot be read: {reason}"]) from None
    try:
        if _depth(text) > DEEPEST:
            raise ConfigError([f"{path}: values are nested more than {DEEPEST} deep"])
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        if _size(tree, {}) > MOST_NODES:
            raise ConfigError([f"{path}: its anchors stand for too much, or for themselves"])
        yaml.safe_load(text)  # tags that stand for objects of Python, dates that are none
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        reason = f"{error.problem or error.context}; is the indentation right?"
        raise ConfigError([f"{path}{place}: not valid YAML: {reason}"]) from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError([f"{path}: not valid YAML: {reason}"]) from None
    problems = [f"{path}, line {line}: the key `{key}` is repeated" for key, line in _twice(tree)]
    if problems:
        raise ConfigError(problems)


def _depth(text: str) -> int:
    """How deep sequences and mappings are nested, counted no further than DEEPEST."""
    depth = deepest = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            deepest = max(deepest, depth)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            break
    return deepest


def _size(node: yaml.Node | None, known: dict[int, float]) -> float:
    """Nodes below, with what anchors stand for written out; infinite for one within itself."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = math.inf  # as long as what is below is counted
    below = []
    if isinstance(node, yaml.SequenceNode):
        below = node.value
    elif isinstance(node, yaml.MappingNode):
        below = [each for pair in node.value for each in pair]
    known[id(node)] = 1.0 + sum(_size(each, known) for each in below)
    return known[id(node)]


def _twice(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """Keys that a mapping has twice, with the line of the second."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, item in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key.value, key.start_mark.line + 1
                seen.add(key.value)
            yield from _twice(item)
