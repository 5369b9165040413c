"""What the project should compute, by plain addition and apart from its code."""

from __future__ import annotations

from mutations import Mutation

Values = dict[str, object]  # what each step returns

SOLD = (12, 18, 15, 31)
MODEL = {
    "own": 2,
    "constant": 5,
    "near": 7,
    "far": 29,
    "tax": 17,
    "level": 41,
    "base": 11,
    "scoops": 3,
    "decorated": 19,
    "default": 23,
    "rule": 59,
    "counted": 13,
    "setting": 61,
    "rounded": 53,
    "wind": 67,
    "partial": 43,
    "field": 31,
    "season": 37,
    "rate": 47,
    "tariff": 53,
    "region": 5,
    "weight": 3,
    "seed": 3 * 1_103_515_245 % 97,
    "area": 71,
    "days": 4,
}
EXTRAS = {"plugins": 97, "named": 71, "optional": 73, "registered": 83, "patched": 79, "script": 89}


def expected(mutation: Mutation | None = None) -> Values:
    """Return what every step should return after a mutation."""
    changed = dict(mutation.terms) if mutation else {}
    if unknown := changed.keys() - MODEL.keys() - EXTRAS.keys():
        raise ValueError(f"no such terms: {unknown}")
    sold = list((mutation and mutation.sold) or SOLD)
    model = {name: changed.get(name, value) for name, value in MODEL.items()}
    extras = {name: changed.get(name, value) for name, value in EXTRAS.items()}
    total = sum(sold) + sum(model.values()) + sum(extras.values()) + (mutation.offset if mutation else 0)
    report = {"total": total, "terms": len(model) + len(extras)}
    return {"sales": sold, "model": model, "extras": extras, "report": report}
