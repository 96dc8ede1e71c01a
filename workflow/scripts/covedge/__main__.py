"""`python -m covedge data.csv "y ~ x + (x | g)"`: a verdict in the terminal."""

from __future__ import annotations

import argparse
import sys
from threading import Timer

from covedge.errors import CovedgeError
from covedge.log import PREFIX

# What the shell gets: whatever the verdict, it was given.
OK, BAD_INPUT, INTERRUPTED = 0, 2, 130
# Seconds after which it is said that nothing hangs.
PATIENCE = 4.0
STILL = "covedge: still at work; large models take longer, and a first run compiles the kernel"


def main(arguments: list[str] | None = None) -> int:
    """Print the verdict; what the user has to mend goes to the error stream, one line each."""
    options = _parser().parse_args(arguments)
    # Only now, since `--help` and a misspelt option need none of it.
    from covedge.glance.look import look

    waiting = Timer(PATIENCE, print, [STILL], {"file": sys.stderr, "flush": True})
    waiting.daemon = True
    waiting.start()
    try:
        print(look(**vars(options)), end="")
    except CovedgeError as error:
        for problem in error.problems:
            print(f"{PREFIX}{problem}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        waiting.cancel()
    return OK


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m covedge",
        description="Where and why a mixed model comes out singular, and which to report instead.",
        epilog="The workflow (`snakemake --cores 4`) looks closer and writes pages.",
    )
    parser.add_argument("data", help="the table, in a format that the workflow reads")
    parser.add_argument("formula", help='in lme4\'s notation, in quotes: "y ~ x + (x | g)"')
    parser.add_argument("--method", choices=("REML", "ML"), default="REML")
    parser.add_argument("--subset", help="rows to keep, as in \"speed == 's15'\"")
    parser.add_argument("--missing", choices=("drop", "error"), default="drop")
    parser.add_argument(
        "--categorical",
        metavar="COLUMN",
        action="append",
        default=[],
        help="a column of numbers that are labels; may be repeated",
    )
    parser.add_argument("--weights", metavar="COLUMN", help="prior weights")
    parser.add_argument(
        "--smallest-sd",
        type=float,
        metavar="SD",
        help="the smallest standard deviation that would matter, in units of the response",
    )
    parser.add_argument("--seed", type=int, default=1, help="start of all random numbers")
    return parser


if __name__ == "__main__":
    sys.exit(main())
