"""The page of a plan: how often it would come out singular, and how many groups it would take."""

from pathlib import Path

from covedge.pages.parameters import plan_parameters
from covedge.render import render


def plan_page(
    document: str | Path,
    dress: list[str],
    atlas: str | Path,
    plan: dict,
    renderer: str,
    page: str | Path,
) -> None:
    """Render `document` to `page`.

    dress : the template, style sheet and filter that the document names. atlas : atlas.json.
    plan : the plan's slice of the config.
    """
    render(Path(document), plan_parameters(plan, atlas), Path(page), renderer, dress=dress)


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    plan_page(
        document=snakemake.input.document,
        dress=snakemake.input.dress,
        atlas=snakemake.input.atlas,
        plan=snakemake.params.plan,
        renderer=snakemake.params.renderer,
        page=snakemake.output.page,
    )
