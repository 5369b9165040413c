"""Run IDs by prefix, `@last` and alias."""

import time

import pytest

from restrike.records import documents, names
from restrike.records.ledger import opening_digest


def test_a_run_id_is_the_digest_of_its_opening_record(store, opened_run):
    run, record = opened_run()
    assert len(run) == 52
    assert store.record(opening_digest(run)) == record


def test_unique_prefixes_and_last_resolve(ledger, opened_run):
    runs = [opened_run(f"run {number}")[0] for number in range(4)]
    assert [names.resolve(ledger, run[:12]) for run in runs] == runs
    assert names.resolve(ledger, "@last") == runs[-1]
    assert names.resolve(ledger, "@last~3") == runs[0]


def test_an_ambiguous_prefix_names_the_candidates(ledger, opened_run):
    runs = {opened_run(f"run {number}")[0] for number in range(60)}
    letter = next(run[0] for run in runs if sum(other[0] == run[0] for other in runs) > 1)
    with pytest.raises(names.AmbiguousRun) as caught:
        names.resolve(ledger, letter)
    assert all(name[0] == letter for name in caught.value.what.partition("any of ")[2].split(", ")[:2])


def test_the_newest_meaning_of_an_alias_counts(ledger, opened_run):
    first, second = opened_run("a")[0], opened_run("b")[0]
    for run in (first, second):
        ledger.append({"format": documents.ALIAS, "name": "champion", "run": run, "time": time.time()})
    assert names.resolve(ledger, "champion") == second


@pytest.mark.parametrize("text", ["@last", "@last~9", "abcdefgh", "champion", "", "../x"])
def test_what_is_no_run_is_told_without_one(ledger, text):
    with pytest.raises(names.UnknownRun):
        names.resolve(ledger, text)


def test_a_near_miss_is_named(ledger, opened_run):
    run, _ = opened_run()
    wrong = run[:11] + ("a" if run[11] != "a" else "b")
    with pytest.raises(names.UnknownRun, match=f"did you mean '{run[:12]}'"):
        names.resolve(ledger, wrong)


@pytest.mark.parametrize("name", ["", "a b", "-x", "@last", "x" * 65, "abcdefghijkl"])
def test_what_could_be_taken_for_something_else_is_no_alias(name):
    with pytest.raises(names.BadAlias):
        names.check_alias(name)
