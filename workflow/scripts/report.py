"""The page of one analysis, from the files that the other steps wrote."""

from pathlib import Path

from covedge.pages.parameters import page_parameters
from covedge.render import render

# The last where the config asks for it.
RESULTS = (
    "data",
    "design",
    "ladder",
    "fits",
    "engines",
    "posterior",
    "intervals",
    "tests",
    "leave_out",
    "verdict",
    "atlas",
)


def report(
    document: str | Path,
    dress: list[str],
    files: dict[str, str],
    analysis: dict,
    renderer: str,
    page: str | Path,
    private: bool = False,
) -> None:
    """Render `document` to `page`.

    dress : the template, style sheet and filter that the document names.
    files : the results by name, as RESULTS has them.
    analysis : the analysis' slice of the config. private : `report.private` of the config.
    """
    parameters = page_parameters(analysis, files, private)
    render(Path(document), parameters, Path(page), renderer, dress=dress)


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    report(
        document=snakemake.input.document,
        dress=snakemake.input.dress,
        files={name: str(snakemake.input[name]) for name in RESULTS if snakemake.input.get(name)},
        analysis=snakemake.params.analysis,
        renderer=snakemake.params.renderer,
        page=snakemake.output.page,
        private=snakemake.params.private,
    )
