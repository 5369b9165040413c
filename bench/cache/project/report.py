"""The report: everything added up."""

from executions import executed
from prices.levels import shown


def report(sales: list[int], model: dict[str, int], extras: dict[str, int]) -> dict[str, int]:
    """Return the total, and how many terms it has."""
    executed("report")
    return {"total": shown(sum(sales) + sum(model.values()) + sum(extras.values())), "terms": len(model) + len(extras)}
