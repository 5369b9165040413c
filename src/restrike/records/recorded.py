"""A run as the ledger has it: the opening, what it names, the steps and the closing, all verified as they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from restrike.pipeline.graph import Output, Step, network_of, parse_source
from restrike.records.artifact import Artifact, from_document
from restrike.records.ledger import Ledger, opening_digest

BUILT_IN = "restrike.training."


@dataclass(frozen=True)
class RecordedRun:
    """One run, read on demand."""

    run: str
    opening: dict[str, Any]
    ledger: Ledger

    @cached_property
    def recipe(self) -> dict[str, Any]:
        return self.ledger.document(self.opening["recipe"])

    @cached_property
    def config(self) -> dict[str, Any]:
        return self.ledger.document(self.opening["config"])

    @cached_property
    def code(self) -> dict[str, Any]:
        return self.ledger.document(self.opening["code"])

    @cached_property
    def environment(self) -> dict[str, Any]:
        return self.ledger.document(self.opening["environment"])

    @cached_property
    def lock(self) -> str | None:
        return self.ledger.store.get_bytes(self.opening["lock"]).decode() if self.opening["lock"] else None

    @cached_property
    def patch(self) -> str:
        return self.ledger.store.get_bytes(self.opening["patch"]).decode() if self.opening["patch"] else ""

    @cached_property
    def closing(self) -> dict[str, Any] | None:
        """The closing record; None for a run that is going on or was killed."""
        found = self.ledger.index.query("SELECT record FROM closings WHERE run = ?", self.run)
        return self.ledger.store.record(found[0]["record"]) if found else None

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps as the recipe has them, in order."""
        declared = self.config["document"].get("steps") or {}
        return tuple(_step(document, declared.get(document["name"]) or {}) for document in self.recipe["graph"])

    @cached_property
    def entries(self) -> dict[str, dict[str, Any]]:
        """What the closing record says of each step, by name."""
        return {entry["step"]: entry for entry in self.closing["steps"]} if self.closing else {}

    @cached_property
    def step_records(self) -> dict[str, dict[str, Any]]:
        """The record of each step's execution: in this run or, where it was reused, in the run that made it."""
        named = {name: entry["record"] for name, entry in self.entries.items() if entry["record"]}
        if not self.closing:
            rows = self.ledger.index.query("SELECT step, record FROM step_runs WHERE run = ?", self.run)
            named = {row["step"]: row["record"] for row in rows}
        return {name: self.ledger.store.record(record) for name, record in named.items()}

    @cached_property
    def artifacts(self) -> dict[str, Artifact]:
        """Every artifact by its address, `step.output`."""
        return {
            f"{step}.{name}": from_document(document)
            for step, record in self.step_records.items()
            for name, document in record["outputs"].items()
        }

    def given(self, address: str) -> str:
        """Return the digest of the bytes that consumers of an artifact were given in this run."""
        step, _, output = address.partition(".")
        return str(self.entries.get(step, {}).get("given", {}).get(output) or self.artifacts[address].digest)

    @property
    def folders(self) -> set[str]:
        """The addresses of the manifests among `objects`: the engine, and whatever is a folder."""
        data = {digest for name, digest in self.opening["data"].items() if self.opening["kinds"][name] == "folder"}
        made = {made.digest for made in self.artifacts.values() if made.kind == "folder"}
        return {self.recipe["engine"]} | data | made

    @property
    def objects(self) -> set[str]:
        """The addresses of all objects that this run needs, without what is inside folders."""
        named = (self.opening[name] for name in ("recipe", "code", "config", "environment", "lock", "patch"))
        found = {digest for digest in named if digest}
        found |= set(self.opening["data"].values()) | set(self.opening["wheels"].values()) | {self.recipe["engine"]}
        for address, made in self.artifacts.items():
            found |= {made.digest, self.given(address)}
        return found | ({self.closing["log"]} if self.closing else set())


def read(ledger: Ledger, run: str) -> RecordedRun:
    """Return a recorded run by its whole ID."""
    return RecordedRun(run, ledger.store.record(opening_digest(run)), ledger)


def _step(document: Mapping[str, Any], declared: Mapping[str, Any]) -> Step:
    return Step(
        name=document["name"],
        use=document["use"],
        command=tuple(document["command"]) if document["command"] is not None else None,
        shell=document["shell"],
        inputs={name: parse_source(text) for name, text in document["inputs"].items()},
        params=document["params"],
        outputs=tuple(Output(out["name"], out["path"], out["kind"]) for out in document["outputs"]),
        timeout=declared.get("timeout"),
        network=network_of(document["network"]),
        seed=document["seed"],
        builtin=(document["use"] or "").startswith(BUILT_IN),
    )
