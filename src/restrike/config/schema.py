"""The grammar as JSON Schema, so that editors complete and check `restrike.yaml`."""

from __future__ import annotations

from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of `restrike.yaml`, published as docs/reference/restrike.schema.json."""
    from restrike.config.grammar_pipeline import Document

    schema = Document.model_json_schema(by_alias=True, mode="validation")
    schema["title"] = "restrike.yaml"
    return {"$schema": DIALECT, **schema}
