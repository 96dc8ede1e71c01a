"""Reading the Bayesian section as its reader does."""

import re
from dataclasses import replace

from covedge.pages.bayesian.runs import sort

GROUP = "ratID"


def words(section):
    """Without figures and the marks around labels, in one line."""
    section = re.sub(r"<svg.*?</svg>", "", section, flags=re.DOTALL)
    section = re.sub(r"`<bdi>(.*?)</bdi>`\{=html\}", r"\1", section)
    return " ".join(section.replace("\N{NO-BREAK SPACE}", " ").split())


def figures(section):
    return dict(re.findall(r'<svg role="img" aria-label="([^"]*)"(.*?)</svg>', section, re.DOTALL))


def changed(results, change, **fields):
    """Sorted runs of which the main one is changed by a function."""
    runs = [change(dict(r)) if r.get("role") == "main" else r for r in results.posterior]
    return sort(replace(results, posterior=runs, **fields))
