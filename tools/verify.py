"""Whether the results here are those of another run: exact, but for posterior draws.

    python tools/verify.py OTHER [--here FOLDER] [--tolerance T]

OTHER is where the other run was made, or its folder of results. Ends with status 1 where they
differ, 2 where there is nothing to compare. Pages, logs and times are not compared.
"""

import argparse
import sys

from covedge.errors import CovedgeError
from covedge.verification.comparison import compare, report, results_of


def main() -> int:
    parser = argparse.ArgumentParser(prog="verify", description=__doc__.splitlines()[0])
    parser.add_argument("other", metavar="OTHER", help="folder of another run, or of its results")
    parser.add_argument("--here", default=".", help="the same of this run (default: this folder)")
    parser.add_argument(
        "--tolerance",
        type=float,
        default=0.0,
        help="relative difference of numbers that passes as none, for another machine (default: 0)",
    )
    asked = parser.parse_args()
    try:
        folders = [results_of(folder) for folder in (asked.here, asked.other)]
    except CovedgeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    found = compare(*folders, asked.tolerance)
    print(report(found))
    return 0 if found.equal else 1


if __name__ == "__main__":
    sys.exit(main())
