"""What every engine answers with, or why it does not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


class NotExpressible(Exception):
    """The engine has no way to say this model; the message says why."""


class NoAnswer(Exception):
    """The engine was asked and gave no answer; the message is its own, or says what is missing.

    lines : what it had written before it was stopped; messages : its warnings word for word.
    """

    def __init__(self, reason: str, lines: Sequence = (), messages: Sequence[str] = ()):
        super().__init__(reason)
        self.lines, self.messages = list(lines), tuple(messages)


@dataclass(frozen=True)
class Answer:
    """What an engine answered.

    components : relative covariances as `judge` takes them.
    sigma : residual SD, None where it is not told.
    beta, std_error : (p,) fixed effects, NaN where the engine gives no standard error; None where
        they are not told.
    criterion : -2 log-likelihood by the engine's own reckoning, None where it is not told.
    converged : its own word on it, None where it has none; messages : its warnings word for word.
    settings : what had to be set to get an answer; empty where its defaults gave one.
    apvar : what nlme says of its apVar; None for engines that have none.
    optimiser : its name, where the engine has several; theta : lme4's, in lme4's order.
    calls_singular : lme4's isSingular(); None for engines that have no word on it.
    others : what the engine's other optimisers answered, by name; text is why one did not.
    """

    components: list[np.ndarray]
    sigma: float | None
    beta: np.ndarray | None
    std_error: np.ndarray | None
    criterion: float | None
    converged: bool | None
    messages: tuple[str, ...]
    seconds: float | None
    settings: str = ""
    apvar: str | None = None
    optimiser: str = ""
    theta: np.ndarray | None = None
    calls_singular: bool | None = None
    others: tuple[tuple[str, "Answer | str"], ...] = ()
