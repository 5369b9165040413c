"""The steps as tasks."""

from extras import extras
from model import model
from redun import File, task
from report import report
from sales import sales

redun_namespace = "ices"


@task()
def main(weight: int, seed: int, area: str, block: str, kind: str):
    """Return what every step returns."""
    sold = sales(File("data/sales.csv"))
    terms = model(sold, weight, seed, area, block)
    more = extras(kind)
    return {"sales": sold, "model": terms, "extras": more, "report": report(sold, terms, more)}
