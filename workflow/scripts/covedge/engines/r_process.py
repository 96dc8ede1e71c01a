"""Asking R: one process for each question, with a limit, and nothing of the user's in its words.

R gets columns of numbers with names of ours, and no formula or label of the user's: nothing has to
be translated, and nothing in a label can be run. exchange.R, beside this file, is the other end.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from covedge.engines.answer import NoAnswer

# Seconds for one model. lme() takes half a minute for 6 correlated effects and 6,000 rows.
TIME_LIMIT = 120.0
# Seconds to load a package and tell its version; rstanarm takes some ten on a busy machine.
START_LIMIT = 60.0
# Seconds after its limit at which R ends by itself, should nobody be left to stop it.
GRACE = 5.0
# No profile of the user's is run; messages come in English, whatever the language of the machine.
OPTIONS = ("--no-init-file", "--no-site-file")
LANGUAGE = {"LANGUAGE": "en", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}

# (key, values) of each line that R has written.
Lines = list[tuple[str, list[str]]]


def version(package: str) -> str | None:
    """`3.1-162 (R 4.2.2)`, or None where R or the package is not there."""
    program = shutil.which("Rscript")
    if program is None:
        return None
    told = f'packageDescription("{package}")$Version, " (R ", format(getRversion()), ")"'
    # The package is loaded, since one that is installed may lack what it needs.
    code = f'suppressPackageStartupMessages(library({package})); cat({told}, sep = "")'
    with tempfile.TemporaryDirectory() as folder:
        try:
            said = _run([program, *OPTIONS, "-e", code], folder, START_LIMIT)
        except NoAnswer:
            return None
    return said.strip() or None


def missing(package: str) -> str:
    return f"R with {package} is not there"


def install(package: str) -> str:
    """What is missing, and how to get it."""
    return (
        f"{missing(package)}: install R and its package {package} so that `Rscript` is found "
        f"(r-base-core and r-cran-{package} on Debian, r-base and r-{package} with conda)"
    )


def ask(
    script: Path,
    question: Sequence[tuple[str, ...]],
    rows: np.ndarray,
    package: str,
    limit: float,
    folder: str | Path,
) -> Lines:
    """What an R script of this folder answers; it may leave files in `folder`.

    question : lines of a key and its values; rows : (n, columns) as the key `columns` names them.
    Raises NoAnswer where R stops with an error, or takes longer than `limit` seconds; `lines` of
    it is what it had written by then.
    """
    program = shutil.which("Rscript")
    if program is None:
        raise NoAnswer(install(package))
    folder = Path(folder)
    lines = [("rows", str(len(rows))), *question, ("limit", f"{limit + GRACE:g}")]
    text = "".join("\t".join(line) + "\n" for line in lines)
    (folder / "model.txt").write_text(text, encoding="utf-8")
    (folder / "rows.bin").write_bytes(rows.astype("<f8").tobytes(order="F"))
    written = folder / "answer.txt"
    try:
        _run([program, *OPTIONS, str(script), str(folder)], folder, limit)
    except NoAnswer as reason:
        raise NoAnswer(str(reason), parsed(written)) from None
    return parsed(written)


def _run(command, folder, limit):
    """What a program prints. Raises NoAnswer if it fails, or takes longer than `limit` seconds.

    It prints into files: a pipe would be kept open by whatever the program has started.
    """
    printed, complained = Path(folder) / "stdout", Path(folder) / "stderr"
    with printed.open("wb") as out, complained.open("wb") as err:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=os.environ | LANGUAGE,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            raise NoAnswer(
                f"R was stopped after {limit:g} seconds, the limit for a model"
            ) from None
        finally:
            _kill(process)
    if code:
        said = complained.read_text(encoding="utf-8", errors="replace").split()
        raise NoAnswer(" ".join(said) or f"R ended with the code {code} and without a word")
    return printed.read_text(encoding="utf-8", errors="replace")


def _kill(process):
    """End the program, if it still runs, and whatever it has started."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:  # Windows
            process.kill()
        process.wait()


def parsed(path: Path) -> Lines:
    """(key, values) of each line that R has written, as yet."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [(key, values) for key, *values in (line.split("\t") for line in lines if line)]


def text(value: str) -> str:
    """Text as it was before R put it on one line."""
    parts = value.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\t", "\t") for part in parts)


def numbers(values: Sequence[str]) -> np.ndarray:
    return np.array([np.nan if value == "NA" else float(value) for value in values])


def said(lines: Lines) -> list[str]:
    """`Warning: ...` and `Message: ...`, word for word, in the order in which they came."""
    return [f"{values[0]}: {text(values[1])}" for key, values in lines if key == "said"]
