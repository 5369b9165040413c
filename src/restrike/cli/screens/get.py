"""`restrike get`: where an artifact was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from restrike.cli.screens.words import short, size


def screen(document: Mapping[str, Any]) -> RenderableType:
    told = f"{document['artifact']}, {document['codec']}, {size(document.get('size'))}, {short(document['digest'])}"
    return Text.assemble("wrote ", (str(document["path"]), "bold"), (f"  {told}", "dim"))
