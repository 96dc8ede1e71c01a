"""A peer: one engine with one job in a process of its own, asked for one run at a time."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from machine import environment, peak
from table import Outcome

PEERS = Path(__file__).parent / "peers"
# The first line may wait for a compilation.
READY_WITHIN = 600.0


class Peer:
    """Asked with `run`, it keeps what it answers; `outcome` says what became of it.

    answers : of each run that ended well, word for word.
    more : variables of its environment beside those that every peer has.
    """

    def __init__(self, engine: str, command: list[str], more: dict[str, str] | None = None):
        self.engine = engine
        self.versions: dict = {}
        self.answers: list[dict] = []
        self._seconds: list[float] = []
        self._criterion = self._memory = None
        self._message, self._failed, self.over = "", False, False
        self._stopped: float | None = None
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment() | (more or {}),
        )
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._rest = b""
        answer = self._line(READY_WITHIN)
        if answer is None or "error" in answer:
            words = (answer or {}).get("error", f"not ready after {READY_WITHIN:g} s")
            self._end(words, failed=True)
        else:
            self.versions = answer["versions"]

    def run(self, limit: float) -> None:
        """One more run, stopped after `limit` seconds."""
        if self.over:
            return
        try:
            self._process.stdin.write(b"run\n")
            self._process.stdin.flush()
        except OSError:
            return self._end("its process ended", failed=True)
        answer = self._line(limit)
        self._memory = peak(self._process.pid) or self._memory
        if answer is None:
            self._stopped = None if self._seconds else limit
            return self._end(f"stopped after {limit:g} s", failed=not self._seconds)
        if answer.get("seconds") is not None:
            self._seconds.append(answer["seconds"])
        if "error" in answer:
            return self._end(answer["error"], failed=True)
        self._criterion, self._message = answer["criterion"], answer["message"]
        self.answers.append(answer)

    def another_takes_it_to(self) -> float:
        """Seconds in all after one run more like the last."""
        return sum(self._seconds) + self._seconds[-1] if self._seconds else 0.0

    def outcome(self) -> Outcome:
        return Outcome(
            self.engine,
            tuple(self._seconds),
            self._criterion,
            self._memory,
            self._message,
            self._failed,
            self._stopped,
        )

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()

    def _end(self, words, failed):
        self.over, self._message, self._failed = True, words, failed
        self.close()

    def _line(self, limit) -> dict | None:
        """The next line of JSON, or one that says there is none; None where it takes longer."""
        until = time.monotonic() + limit
        while b"\n" not in self._rest:
            if not self._selector.select(max(until - time.monotonic(), 0.0)):
                return None
            more = os.read(self._process.stdout.fileno(), 65536)
            if not more:
                return {"error": "its process ended"}
            self._rest += more
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line)
