"""The index page: all analyses at a glance."""

from pathlib import Path

from covedge.pages.parameters import index_parameters
from covedge.render import render


def index(
    document: str | Path,
    dress: list[str],
    analyses: dict[str, dict],
    verdicts: list[str],
    renderer: str,
    page: str | Path,
    plans: dict[str, dict] | None = None,
    atlases: tuple[str, ...] = (),
) -> None:
    """Render `document` to `page`, with a link to the page of each analysis beside it.

    analyses : the checked config, by name. verdicts : their verdict.json, in the same order; the
        other results of an analysis lie beside its verdict. plans, atlases : the same of plans,
        with their atlas.json.
    """
    folders = {name: Path(path).parent for name, path in zip(analyses, verdicts, strict=True)}
    found = {name: Path(path) for name, path in zip(plans or (), atlases, strict=True)}
    parameters = index_parameters(analyses, folders, plans, found)
    render(Path(document), parameters, Path(page), renderer, dress=dress)


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    index(
        document=snakemake.input.document,
        dress=snakemake.input.dress,
        analyses=snakemake.params.analyses,
        verdicts=snakemake.input.verdicts,
        plans=snakemake.params.plans,
        atlases=snakemake.input.atlases,
        renderer=snakemake.params.renderer,
        page=snakemake.output.page,
    )
