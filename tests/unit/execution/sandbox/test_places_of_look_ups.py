"""The user's own line behind what lies outside: files, the machine's settings, addresses."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["sealed", "reduced"])
def either(request, bench):
    """A bench with walls, and one on a machine that forbids them."""
    if request.param == "reduced":
        bench.sandbox._unsealed = "unshare: Operation not permitted"
    return bench


def opened(outcome):
    assert outcome.state == "ok", outcome.result
    return {item["path"]: (item["file"], item["line"]) for item in outcome.result["trace"]["opened"]}


def test_addresses_and_settings_come_with_the_users_line(either):
    found = opened(
        either.call(
            """
            import contextlib, socket
            with contextlib.suppress(OSError):
                socket.getaddrinfo("127.0.0.1", 443)
            with contextlib.suppress(OSError), socket.socket() as one:
                one.connect(("127.0.0.1", 9))
            with contextlib.suppress(OSError):
                open("/etc/restrike-settings.toml")
            with contextlib.suppress(OSError):
                open("data/rows.csv")
            """
        )
    )
    assert found["127.0.0.1:443"] == ("module0.py", 5)
    assert found["127.0.0.1:9"] == ("module0.py", 7)
    assert found["/etc/restrike-settings.toml"] == ("module0.py", 9)
    assert found["/project/data/rows.csv"] == ("module0.py", 11)


def test_what_a_library_looks_for_in_passing_does_not(either):
    found = opened(either.call("import getpass, zoneinfo\nreturn getpass.getuser() and zoneinfo.ZoneInfo('UTC').key"))
    assert not [path for path in found if path.startswith("/etc/")]
