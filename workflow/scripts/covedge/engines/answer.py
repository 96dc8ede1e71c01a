"""What every engine answers with, or why it does not."""

from dataclasses import dataclass

import numpy as np


class NotExpressible(Exception):
    """The engine has no way to say this model; the message says why."""


class NoAnswer(Exception):
    """The engine was asked and gave no answer; the message is its own, or says what is missing."""


@dataclass(frozen=True)
class Answer:
    """What an engine answered.

    components : relative covariances as `judge` takes them; sigma : residual SD.
    beta, std_error : (p,) fixed effects, NaN where the engine gives no standard error.
    criterion : -2 log-likelihood by the engine's own reckoning.
    converged : its own word on it; messages : its warnings word for word.
    settings : what had to be set to get an answer; empty where its defaults gave one.
    apvar : what nlme says of its apVar; None for engines that have none.
    """

    components: list[np.ndarray]
    sigma: float
    beta: np.ndarray
    std_error: np.ndarray
    criterion: float
    converged: bool
    messages: tuple[str, ...]
    seconds: float
    settings: str = ""
    apvar: str | None = None
