"""Execute the steps as a pipeline; caching is on unless it is switched off."""

import json
import sys
from pathlib import Path

from extras import extras
from model import model
from report import report
from sales import sales
from zenml import pipeline


@pipeline
def ices(weight: int, seed: int, area: str, block: str, kind: str) -> None:
    sold = sales(data="data/sales.csv")
    terms = model(sales=sold, weight=weight, seed=seed, area=area, block=block)
    report(sales=sold, model=terms, extras=extras(kind=kind))


if __name__ == "__main__":
    run = ices(**json.loads(Path("params.json").read_text()))
    values = {name: run.steps[name].output.load() for name in ("sales", "model", "extras", "report")}
    Path(sys.argv[1]).write_text(json.dumps(values))
