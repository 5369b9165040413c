"""Why a step is reused or executed, as it is recorded with the run and told to people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from restrike.base.errors import RestrikeError
from restrike.execution.changes import Change
from restrike.execution.keys import PLATFORM
from restrike.pipeline.graph import Step
from restrike.records.ledger import Ledger
from restrike.records.recorded import RecordedRun, read

MOST = 20  # changes that are recorded
COMPARED = 5  # earlier executions of which the most alike is told


def unchanged(record: Mapping[str, Any]) -> dict[str, Any]:
    return _reason("unchanged", "nothing that it depends on has changed", record["run"])


def changed(run: str, changes: Sequence[Change]) -> dict[str, Any]:
    more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
    return _reason("changed", changes[0].text + more, run, changes)


def asked() -> dict[str, Any]:
    return _reason("asked", "--no-reuse executes every step")


def damaged(what: str) -> dict[str, Any]:
    return _reason("damaged", what)


def new() -> dict[str, Any]:
    return _reason("new", "it was never executed before")


@dataclass(frozen=True)
class Told:
    """What a step of a run is told: all that its key is made of."""

    step: Step
    key: str
    inputs: Mapping[str, str]  # digests of the bytes given, by name
    recipe: Mapping[str, Any]
    platform: Mapping[str, Any]


def other_key(ledger: Ledger, now: Told, used: Callable[[Mapping[str, Any]], Sequence[Change]]) -> dict[str, Any]:
    """Return why no reusable execution has a key: those that have it may not serve, or the step was told otherwise.

    `used` gives what changed since an execution of what that was seen to use.
    """
    try:
        earlier = ledger.executions(now.step.name)
        for execution in earlier:
            if execution.key == now.key:
                return _unusable(ledger.store.record(execution.record))
        compared = []
        for execution in earlier[:COMPARED]:
            record = ledger.store.record(execution.record)
            compared.append((record, list(_told(read(ledger, execution.run), record, now))))
        if not compared:
            return new()
        record, told = min(compared, key=lambda item: len(item[1]))
        told += used(record) if record.get("depends") else ()
        return changed(record["run"], told or [Change("config", "what the step is given changed")])
    except RestrikeError as error:
        return _reason("unknown", f"the records of an earlier run cannot be read: {error.what}")


def _unusable(record: Mapping[str, Any]) -> dict[str, Any]:
    run = record["run"]
    if record["findings"]:
        found = record["findings"][0]
        told = found["what"] + (f" ({found['where']})" if found.get("where") else "")
        return _reason("findings", f"its last execution had findings: {told}; so it is never reused", run)
    if record.get("depends") is None:
        return _reason("unknown", "its last execution did not tell what it depends on", run)
    return _reason("network", "it may reach the network; so it is never reused", run)


def _told(then: RecordedRun, record: Mapping[str, Any], now: Told) -> Iterator[Change]:
    """Yield in what a step is told otherwise than in an earlier run."""
    step, seed = now.step, now.recipe["seeds"][now.step.name]
    yield from _declared(then, step)
    if record["seed"] != seed:
        yield Change("seed", "seed", None, str(record["seed"]), str(seed))
    for name in sorted({*record["inputs"], *now.inputs}):
        before, after = record["inputs"].get(name), now.inputs.get(name)
        if before != after:
            source = step.inputs.get(name)
            what = f"data '{source.name}'" if source and source.kind == "data" else f"input '{name}' (from {source})"
            yield Change("data", what, None, before and before[:12], after and after[:12])
    yield from _data_read(then, now.recipe, step)
    yield from _stated(then, now.recipe, now.platform)


def _declared(then: RecordedRun, step: Step) -> Iterator[Change]:
    old: dict[str, Any] = next((item for item in then.recipe["graph"] if item["name"] == step.name), {})
    left, right = dict(flat(old)), dict(flat(step.document()))
    for name in dict.fromkeys([*left, *right]):
        if left.get(name) != right.get(name):
            shown = name.removeprefix("params.")
            yield Change("config", shown, f"steps.{step.name}.{name}", _value(left, name), _value(right, name))


def _data_read(then: RecordedRun, recipe: Mapping[str, Any], step: Step) -> Iterator[Change]:
    for source in step.inputs.values():
        if source.kind != "data":
            continue
        old, new = [_read_as(item, source.name) for item in (then.recipe, recipe)]
        left, right = dict(flat(old)), dict(flat(new))
        for name in dict.fromkeys([*left, *right]):
            if left.get(name) != right.get(name):
                where = f"data.{source.name}.{name}"
                yield Change("config", where, where, _value(left, name), _value(right, name))


def _read_as(recipe: Mapping[str, Any], data: str) -> Mapping[str, Any]:
    return (recipe["config"].get("data") or {}).get(data) or {}


def _stated(then: RecordedRun, recipe: Mapping[str, Any], platform: Mapping[str, Any]) -> Iterator[Change]:
    old = then.recipe
    if old["engine"] != recipe["engine"]:
        yield Change(
            "engine", "the part of restrike that executes steps", None, old["engine"][:12], recipe["engine"][:12]
        )
    yield from _values("numeric", "numeric.", old["numeric"], recipe["numeric"])
    yield from _values("variables", "variable ", old["variables"], recipe["variables"])
    secrets = [dict.fromkeys(item["secrets"], "a secret") for item in (old, recipe)]
    yield from _values("variables", "secret variable ", *secrets)
    roots = [", ".join(item["code"]["import_roots"]) for item in (old, recipe)]
    yield from _values("code", "", {"import roots": roots[0]}, {"import roots": roots[1]})
    if old["code"].get("installed", {}) != recipe["code"].get("installed", {}):
        yield Change("code", "the metadata of the project's own distribution changed")
    before, now = ({name: item.get(name) for name in PLATFORM} for item in (then.environment, platform))
    yield from _values("environment", "", before, now)


def _values(aspect: Any, prefix: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield Change(aspect, f"{prefix}{name}", None, _value(old, name), _value(new, name))


def flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted names and values inside a document; an empty part of it has none."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from flat(item, f"{prefix}.{name}" if prefix else str(name))
    else:
        yield prefix, value


def _value(values: Mapping[str, Any], name: str) -> str | None:
    return str(values[name]) if name in values else None


def _reason(because: str, text: str, compared: str | None = None, changes: Sequence[Change] = ()) -> dict[str, Any]:
    return {
        "because": because,
        "text": text,
        "compared": compared,
        "changes": [change.document() for change in changes[:MOST]],
        "more": max(0, len(changes) - MOST),
    }
