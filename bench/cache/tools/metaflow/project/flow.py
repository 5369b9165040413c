"""The steps as a flow."""

import json
from pathlib import Path

import extras
import model
import report
import sales
from metaflow import FlowSpec, JSONType, Parameter, step


class Ices(FlowSpec):
    """What ices cost."""

    chosen = Parameter("chosen", type=JSONType, default=json.loads(Path("params.json").read_text()))

    @step
    def start(self):
        self.sales = sales.sales("data/sales.csv")
        self.next(self.fit)

    @step
    def fit(self):
        chosen = dict(self.chosen)
        del chosen["kind"]
        self.model = model.model(self.sales, **chosen)
        self.next(self.more)

    @step
    def more(self):
        self.extras = extras.extras(self.chosen["kind"])
        self.next(self.end)

    @step
    def end(self):
        self.report = report.report(self.sales, self.model, self.extras)


if __name__ == "__main__":
    Ices()
