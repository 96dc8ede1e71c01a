"""The top of the page: what was analysed."""

from covedge.markup import block, code_html, count, escape
from covedge.pages.results import Results


def compose(results: Results) -> str:
    """Title, formula, and a line of facts."""
    analysis, fit = results.analysis, results.asked
    facts = [count(fit["n_obs"], "observation"), _method(fit["method"])]
    facts += [count(term["n_levels"], "level") + f" of {term['group']}" for term in fit["terms"]]
    facts += [f"rows where {analysis['subset']}"] if analysis.get("subset") else []
    items = "".join(f"<li><bdi>{escape(fact)}</bdi></li>" for fact in facts)
    return block(
        '<header class="masthead"><p class="eyebrow">Covariance at the edge</p>'
        f"<h1><bdi>{escape(analysis.get('title') or analysis['name'])}</bdi></h1>"
        f'<p class="formula">{code_html(analysis["formula"])}</p>'
        f'<ul class="facts">{items}</ul></header>'
    )


def _method(method: str) -> str:
    return {"REML": "fitted by REML", "ML": "fitted by maximum likelihood"}.get(method, method)
