import pytest

from restrike.records import documents
from restrike.records.ledger import Ledger
from restrike.store import Store


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / ".restrike")


@pytest.fixture
def ledger(store):
    ledger = Ledger(store)
    ledger.index.sync()
    yield ledger
    ledger.close()


@pytest.fixture
def opened_run(ledger):
    """Return a function that opens a run and returns its ID and record."""

    def open_run(name="x", recipe="0" * 64, data=None):
        record = documents.opening(
            name=name,
            recipe=recipe,
            commit="c" * 40,
            code="1" * 64,
            config="2" * 64,
            environment="3" * 64,
            lock=None,
            patch=None,
            data=data or {},
            kinds=dict.fromkeys(data or {}, "file"),
            wheels={},
            conditions={"dirty": False, "process": {}},
            overrides=[],
        )
        ledger.append(record)
        return documents.run_id(record), record

    return open_run
