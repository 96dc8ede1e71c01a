"""What stands where a test would, when there is none."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NoTest:
    """reason : in words, as the end of a sentence; no full stop."""

    reason: str
