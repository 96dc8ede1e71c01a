"""How many terms a right-hand side stands for, before formulaic writes them all out.

`(a + b + c)^20` and a product of thirty columns are a line each, and would keep a computer busy for
years.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence

from covedge.errors import FormulaError
from covedge.formulas.tokens import Token, closing

# lme4's users have tens; a hundred two-level factors with all pairs have some five thousand.
MOST_TERMS = 10_000
LARGEST_POWER = 20
_PYTHON = {":": "@", "%in%": "@", "^": "**"}


def check_extent(tokens: Sequence[Token], text: str) -> None:
    """FormulaError where the right-hand side would have more than MOST_TERMS terms."""
    words, i = [], 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "name" and i + 1 < len(tokens) and tokens[i + 1].text == "(":
            i = closing(tokens, i + 1)  # a call is one factor
            words.append("1")
        elif token.kind == "op":
            words.append(_PYTHON.get(token.text, token.text))
        else:
            words.append(token.text if token.kind == "number" else "1")
        i += 1
    try:
        with warnings.catch_warnings():  # "1 (1)" and the like
            warnings.simplefilter("ignore")
            tree = ast.parse(" ".join(words), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return  # formulaic says what is wrong with it
    powers = [n.right for n in ast.walk(tree) if isinstance(n, ast.BinOp) and _is_power(n)]
    if any(getattr(power, "value", 0) > LARGEST_POWER for power in powers):
        message = f"a power of terms above {LARGEST_POWER}: write I(x^n) for the power of a number"
        raise FormulaError(message, text, tokens[0].start)
    if _terms(tree) > MOST_TERMS:
        message = f"it stands for more than {MOST_TERMS} terms: leave interactions out"
        raise FormulaError(message, text, tokens[0].start)


def _is_power(node: ast.BinOp) -> bool:
    return isinstance(node.op, ast.Pow)


def _terms(node: ast.expr) -> float:
    """At least as many as the terms of the node; products are counted as formulaic makes them."""
    if not isinstance(node, ast.BinOp):
        return _terms(node.operand) if isinstance(node, ast.UnaryOp) else 1.0
    left = _terms(node.left)
    if _is_power(node):
        power = float(getattr(node.right, "value", 1))
        return left**power if left <= MOST_TERMS else left
    right = _terms(node.right)
    if isinstance(node.op, ast.MatMult):
        return left * right
    if isinstance(node.op, ast.Add | ast.Sub):
        return left + right
    return left + right + left * right
