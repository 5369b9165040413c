"""Which addresses a name may lead to."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from restrike.execution.sandbox.proxy import reach
from restrike.pipeline.hosts import parse


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "2002:0808:0808::1"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert reach.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
        "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:0001::1",
    ],
)  # fmt: skip
def test_addresses_of_this_machine_and_of_local_networks_are_not(address: str) -> None:
    assert not reach.is_public(ipaddress.ip_address(address))


@pytest.fixture
def server() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Return what names lead to: a name service of our own, since the machine's cannot be told what to answer."""
    known: dict[str, list[str]] = {}
    original = socket.getaddrinfo

    def answer(host: str, port: int, **how: Any) -> Any:
        return [found for address in known.get(host, [host]) for found in original(address, port, **how)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known


def test_a_host_that_is_not_named_is_not_even_looked_up(names: dict[str, list[str]], server: int) -> None:
    with pytest.raises(reach.Refused, match="not among the named hosts"):
        reach.connect([parse("other.example")], "127.0.0.1", server)


def test_an_address_that_is_named_is_reached(server: int) -> None:
    with reach.connect([parse(f"127.0.0.1:{server}")], "127.0.0.1", server) as connection:
        assert connection.getpeername() == ("127.0.0.1", server)


def test_localhost_is_reached_by_its_name(server: int) -> None:
    with reach.connect([parse(f"localhost:{server}")], "localhost", server) as connection:
        assert connection.getpeername()[1] == server


def test_a_named_host_does_not_lead_to_this_machine(names: dict[str, list[str]], server: int) -> None:
    names["rebound.example"] = ["127.0.0.1"]
    with pytest.raises(reach.Refused, match=r"leads to 127\.0\.0\.1, which is no public address") as raised:
        reach.connect([parse(f"rebound.example:{server}")], "rebound.example", server)
    assert raised.value.leads_to == "127.0.0.1"
    both = [parse(f"rebound.example:{server}"), parse(f"127.0.0.1:{server}")]
    reach.connect(both, "rebound.example", server).close()


def test_it_does_so_in_no_disguise(names: dict[str, list[str]], server: int) -> None:
    names["rebound.example"] = ["::ffff:127.0.0.1"]
    with pytest.raises(reach.Refused):
        reach.connect([parse(f"rebound.example:{server}")], "rebound.example", server)


def test_of_several_addresses_the_ones_that_may_be_reached_are_tried(names: dict[str, list[str]], server: int) -> None:
    names["mixed.example"] = ["127.0.0.2", "127.0.0.1"]
    hosts = [parse(f"mixed.example:{server}"), parse(f"127.0.0.1:{server}")]
    with reach.connect(hosts, "mixed.example", server) as connection:
        assert connection.getpeername()[0] == "127.0.0.1"


def test_this_machines_own_address_is_no_public_one(names: dict[str, list[str]]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but its loopback")
        own = probe.getsockname()[0]
    assert reach._is_own((socket.AF_INET, (own, 9)))
    assert not reach._is_own((socket.AF_INET, ("192.0.2.1", 9)))
    names["own.example"] = [own]
    with pytest.raises(reach.Refused):
        reach.connect([parse("own.example:9")], "own.example", 9)


def test_a_host_that_does_not_answer_is_told(names: dict[str, list[str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        closed = listening.getsockname()[1]
    with pytest.raises(reach.Unreachable, match="Connection refused"):
        reach.connect([parse(f"127.0.0.1:{closed}")], "127.0.0.1", closed)
    with pytest.raises(reach.Unreachable):
        reach.connect([parse("nosuch.invalid")], "nosuch.invalid", 80)
