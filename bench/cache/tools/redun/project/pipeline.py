"""The steps as tasks."""

import json

from extras import extras
from model import model
from redun import File, task
from report import report
from sales import sales

redun_namespace = "ices"


@task()
def main():
    """Return what every step returns."""
    chosen = json.loads(File("params.json").read())
    kind = chosen.pop("kind")
    sold = sales(File("data/sales.csv"))
    terms = model(sold, **chosen)
    more = extras(kind)
    return {"sales": sold, "model": terms, "extras": more, "report": report(sold, terms, more)}
