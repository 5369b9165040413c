"""Hosts as they are declared and as they are asked for."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restrike.pipeline.hosts import Host, NotAHost, allowed, is_address, parse, spelled


@pytest.mark.parametrize(
    ("text", "host", "written"),
    [
        ("API.Example.org", Host("api.example.org"), "api.example.org"),
        ("example.org.", Host("example.org"), "example.org"),
        ("example.org:8080", Host("example.org", 8080), "example.org:8080"),
        ("*.example.org:443", Host("*.example.org", 443), "*.example.org:443"),
        ("bücher.example", Host("xn--bcher-kva.example"), "xn--bcher-kva.example"),
        ("127.0.0.1:9000", Host("127.0.0.1", 9000), "127.0.0.1:9000"),
        ("[0:0::1]:9000", Host("::1", 9000), "[::1]:9000"),
        ("::1", Host("::1"), "::1"),
        ("localhost", Host("localhost"), "localhost"),
        ("my_store.internal", Host("my_store.internal"), "my_store.internal"),
    ],
)
def test_a_host_has_one_spelling(text, host, written):
    assert parse(text) == host
    assert str(host) == written
    assert parse(written) == host


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://api.example.org/v1", "did you mean 'api.example.org'?"),
        ("http://ada:word@api.example.org:8080/", "did you mean 'api.example.org:8080'?"),
        ("*", "'network: true' grants every host"),
        ("*.", "'network: true' grants every host"),
        ("", "names no host"),
        ("*.127.0.0.1", "an address has no names below it"),
        ("a.*.org", "is no name of a host"),
        ("example.org:0", "has no port 0"),
        ("example.org:70000", "has no port 70000"),
        ("example.org:http", "names no host"),
        ("[example.org]:80", "names no host"),
        ("2130706433", "is no address"),
        ("0x7f.1", "is no address"),
        ("127.1", "is no address"),
        ("fe80::1::2", "is no address"),
        ("-x.org", "is no name of a host"),
        ("a b.org", "is no name of a host"),
        ("a" * 64 + ".org", "is no name of a host"),
    ],
)
def test_what_is_no_host_is_told(text, told):
    with pytest.raises(NotAHost, match=r".") as raised:
        parse(text)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("declared", "name", "port", "expected"),
    [
        ("example.org", "example.org", 443, True),
        ("example.org", "example.org", 80, True),
        ("example.org", "example.org", 8080, False),
        ("example.org", "api.example.org", 443, False),
        ("example.org:8080", "example.org", 8080, True),
        ("example.org:8080", "example.org", 443, False),
        ("*.example.org", "api.example.org", 443, True),
        ("*.example.org", "a.b.example.org", 443, True),
        ("*.example.org", "example.org", 443, False),
        ("*.example.org", "badexample.org", 443, False),
        ("*.example.org:443", "api.example.org", 80, False),
        ("127.0.0.1", "127.0.0.1", 80, True),
    ],
)
def test_a_host_allows_its_own_names_and_ports(declared, name, port, expected):
    assert allowed([parse("other.example"), parse(declared)], name, port) is expected


@given(st.ip_addresses())
def test_an_address_is_one_however_it_is_written(address):
    assert is_address(spelled(str(address)))
    assert spelled(address.exploded) == str(ipaddress.ip_address(address))


@given(st.text(max_size=40))
def test_any_text_is_a_host_or_none(text):
    try:
        host = parse(text)
    except NotAHost:
        return
    assert parse(str(host)) == host
