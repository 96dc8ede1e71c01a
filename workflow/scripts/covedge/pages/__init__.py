"""The pages of the report: each section is words, tables and figures made from result files.

`load("parameters.json")` gives the page of one analysis, `load_plan` that of a plan;
`index("parameters.json")` the overview.
Nothing is computed here that another step has computed.
"""

from covedge.pages.overview import index
from covedge.pages.page import Page, load
from covedge.pages.plan_page import PlanPage, load_plan

__all__ = ["Page", "PlanPage", "index", "load", "load_plan"]
