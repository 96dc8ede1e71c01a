"""Values that Quarto documents for the options that the documents use: writes quarto_options.json.

Run: python tests/reference/quarto_options.py FOLDER VERSION, where FOLDER is src/resources/schema
of Quarto's source. Each option becomes a JSON schema, so that a test can hold the documents'
headers against it where there is no Quarto.
"""

import json
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent
FILES = ("document-*.yml", "cell-*.yml")
NAMES = (
    *("lang", "pagetitle", "theme", "minimal", "template", "css", "include-after-body", "toc"),
    *("toc-depth", "embed-resources", "html-math-method", "highlight-style", "echo", "warning"),
    *("jupyter", "html-table-processing", "filters", "body-classes", "code-fold", "code-summary"),
)
TYPES = {"path": "string"}


def schema(told, definitions: dict):
    """Quarto's notation of a type as JSON schema. Keywords that it does not use are an error."""
    if isinstance(told, str):
        return {"type": TYPES.get(told, told)}
    ((keyword, value),) = ((k, v) for k, v in told.items() if k not in ("errorDescription", "id"))
    if keyword == "ref":
        return schema(definitions[value], definitions)
    if keyword == "enum":
        return {"enum": value["values"] if isinstance(value, dict) else value}
    if keyword == "anyOf":
        return {"anyOf": [schema(one, definitions) for one in value]}
    if keyword == "arrayOf":
        return {"type": "array", "items": schema(value, definitions)}
    if keyword == "maybeArrayOf":
        one = schema(value, definitions)
        return {"anyOf": [one, {"type": "array", "items": one}]}
    if keyword == "record":
        value = {"properties": value, "closed": True, "required": list(value)}
    if keyword in ("object", "record"):
        parts = {k: schema(one, definitions) for k, one in value.get("properties", {}).items()}
        closed = {"additionalProperties": False} if value.get("closed") else {}
        return {
            "type": "object",
            "properties": parts,
            "required": value.get("required", []),
            **closed,
        }
    return {"type": {"string": "string", "path": "string", "number": "number"}[keyword]}


def main(folder: Path, version: str) -> None:
    """Write what the schema files say of NAMES."""
    defined = {
        each["id"]: each for each in yaml.safe_load((folder / "definitions.yml").read_text())
    }
    found = {
        option["name"]: schema(option["schema"], defined)
        for pattern in FILES
        for path in sorted(folder.glob(pattern), reverse=True)
        for option in yaml.safe_load(path.read_text())
        if option["name"] in NAMES and "schema" in option
    }
    missing = set(NAMES) - set(found)
    if missing:
        sys.exit(f"Quarto does not document {', '.join(sorted(missing))}")
    told = {"quarto": version, "options": {name: found[name] for name in sorted(found)}}
    (HERE / "quarto_options.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
