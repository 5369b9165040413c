"""The proxy to named hosts: what passes, what does not, and what is left of it when something breaks."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

LARGE = 100 << 20
MOST_MEMORY = 64 << 20

Make = Callable[..., Any]


class Failed(Exception):
    """An answer with a status of 400 or more."""

    def __init__(self, status: int, reason: str, body: bytes):
        super().__init__(f"{status} {reason}")
        self.status, self.body = status, body


def fetched(way: Any, url: str, **how: Any) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{way.port}"}))
    try:
        with opener.open(urllib.request.Request(url, **how), timeout=60) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            raise Failed(error.code, str(error.reason), error.read()) from None


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(1 << 16), b""))


class TestWhatIsAsked:
    def test_a_named_host_answers(self, way: Make, pages: int) -> None:
        door = way(f"127.0.0.1:{pages}")
        assert fetched(door, f"http://127.0.0.1:{pages}/a?b") == f"/a?b 127.0.0.1:{pages}".encode()
        assert fetched(door, f"http://127.0.0.1:{pages}/c") == f"/c 127.0.0.1:{pages}".encode()
        (item,) = door.stop().values()
        assert (item.host, item.port, item.times, item.allowed, len(item.clients)) == ("127.0.0.1", pages, 2, True, 2)
        assert 300 < item.bytes < 1500

    def test_another_host_or_port_does_not(self, way: Make, pages: int, echo: int) -> None:
        door = way(f"127.0.0.1:{pages}")
        for host in (f"127.0.0.1:{echo}", f"127.0.0.2:{pages}", f"localhost:{pages}", "example.org"):
            with pytest.raises(Failed, match=f"403 {host}.* is not among the named hosts") as raised:
                fetched(door, f"http://{host}/")
            assert b"is not among the named hosts" in raised.value.body
        with pytest.raises(OSError, match=f"403 127.0.0.1:{echo} is not among"):
            door.tunnel(f"127.0.0.1:{echo}")
        refused = door.stop()
        assert set(refused) == {
            f"!127.0.0.1:{echo}", f"!127.0.0.2:{pages}", f"!localhost:{pages}", "!example.org:80",
        }  # fmt: skip
        assert (refused[f"!127.0.0.1:{echo}"].times, refused[f"!127.0.0.1:{echo}"].bytes) == (2, 0)

    def test_every_request_of_a_connection_is_judged(self, way: Make, pages: int, echo: int) -> None:
        """A second request would go to the host of the first: it goes nowhere, and the connection ends."""
        door = way(f"127.0.0.1:{pages}")
        with door.connect() as connection:
            first = f"GET http://127.0.0.1:{pages}/one HTTP/1.1\r\nHost: x\r\n\r\n"
            connection.sendall(first.encode())
            answer = b""
            while b"/one" not in answer:
                answer += connection.recv(1 << 16)
            assert b"Connection: close" in answer
            with contextlib.suppress(OSError):
                connection.sendall(f"GET http://127.0.0.1:{echo}/two HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert read_all(connection) == b""
        assert set(door.stop()) == {f"127.0.0.1:{pages}"}

    def test_the_field_host_is_that_of_the_address(self, way: Make, pages: int) -> None:
        door = way(f"127.0.0.1:{pages}")
        with door.connect() as connection:
            connection.sendall(f"GET http://127.0.0.1:{pages}/ HTTP/1.0\r\nHost: other.example\r\n\r\n".encode())
            assert f"/ 127.0.0.1:{pages}".encode() in read_all(connection)

    def test_what_is_no_request_is_told(self, way: Make, pages: int) -> None:
        door = way(f"127.0.0.1:{pages}")
        for sent in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\xa5\r\n\r\n", b"EHLO ada\r\n\r\n"):
            with door.connect() as connection:
                connection.sendall(sent)
                assert read_all(connection).startswith(b"HTTP/1.1 400 ")
        with door.connect() as connection:
            connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                assert read_all(connection) == b""
        assert door.stop() == {}

    def test_a_host_that_does_not_answer_is_told(self, way: Make) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        door = way(f"127.0.0.1:{port}")
        with pytest.raises(Failed, match=r"502 .* cannot be reached: Connection refused"):
            fetched(door, f"http://127.0.0.1:{port}/")
        (item,) = door.stop().values()
        assert (item.allowed, item.times, item.bytes) == (True, 1, 0)

    def test_names_are_looked_up_outside(self, way: Make, pages: int) -> None:
        assert b"/ localhost" in fetched(way(f"localhost:{pages}"), f"http://LOCALHOST:{pages}/")

    def test_many_hosts_are_counted_together_in_the_end(self, way: Make) -> None:
        door = way("example.org:1")
        for number in range(1010):
            with door.connect() as connection:
                connection.sendall(f"CONNECT h{number}.example:443 HTTP/1.1\r\n\r\n".encode())
                assert b" 403 " in connection.recv(100)
        found = door.stop()
        assert len(found) == 1001
        assert found["!(others):0"].times == 10


class TestWhatIsCarried:
    def test_large_bodies_in_constant_memory(self, way: Make, pages: int) -> None:
        door = way(f"127.0.0.1:{pages}")
        sent = hashlib.sha256(bytes(LARGE)).hexdigest().encode()
        assert len(fetched(door, f"http://127.0.0.1:{pages}/bytes/{LARGE}")) == LARGE
        assert fetched(door, f"http://127.0.0.1:{pages}/", data=bytes(LARGE)) == sent
        with door.tunnel(f"127.0.0.1:{pages}") as connection:
            connection.sendall(f"GET /bytes/{LARGE} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
            count = sum(len(piece) for piece in iter(lambda: connection.recv(1 << 20), b""))
        assert count > LARGE
        assert door.memory() < MOST_MEMORY
        (item,) = door.stop().values()
        assert 3 * LARGE < item.bytes < 3 * LARGE + 5000

    def test_a_body_in_chunks(self, way: Make, echo: int) -> None:
        door = way(f"127.0.0.1:{echo}")
        client = http.client.HTTPConnection("127.0.0.1", door.port, timeout=20)
        client.putrequest("POST", f"http://127.0.0.1:{echo}/x")
        client.putheader("Transfer-Encoding", "chunked")
        client.endheaders()
        for chunk in (b"abc", b"d" * 100_000):
            client.send(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        client.send(b"0\r\n\r\n")
        assert client.sock is not None
        told = b""
        while not told.endswith(b"\r\n0\r\n\r\n"):
            told += client.sock.recv(1 << 16)
        client.close()
        assert b"3\r\nabc\r\n186a0\r\n" + b"d" * 100_000 in told

    def test_half_closed_in_a_tunnel(self, way: Make, echo: int) -> None:
        with way(f"127.0.0.1:{echo}").tunnel(f"127.0.0.1:{echo}") as connection:
            connection.sendall(b"hello")
            connection.shutdown(socket.SHUT_WR)
            assert read_all(connection) == b"hello=5"

    def test_half_closed_after_a_request(self, way: Make, pages: int) -> None:
        with way(f"127.0.0.1:{pages}").connect() as connection:
            connection.sendall(f"GET http://127.0.0.1:{pages}/slow/0.5 HTTP/1.1\r\n\r\n".encode())
            connection.shutdown(socket.SHUT_WR)
            assert b"/slow/0.5" in read_all(connection)

    def test_a_tunnel_carries_what_came_with_its_request(self, way: Make, echo: int) -> None:
        with way(f"127.0.0.1:{echo}").connect() as connection:
            connection.sendall(f"CONNECT 127.0.0.1:{echo} HTTP/1.1\r\n\r\nearly".encode())
            connection.shutdown(socket.SHUT_WR)
            assert read_all(connection).endswith(b"\r\n\r\nearly=5")

    def test_a_server_that_has_heard_enough(self, way: Make, pages: int) -> None:
        with pytest.raises(Failed) as raised:
            fetched(way(f"127.0.0.1:{pages}"), f"http://127.0.0.1:{pages}/enough", data=bytes(8 << 20))
        assert (raised.value.status, raised.value.body) == (413, b"large")

    def test_a_slow_server_holds_nobody_else_up(self, way: Make, pages: int) -> None:
        door = way(f"127.0.0.1:{pages}")
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(fetched, door, f"http://127.0.0.1:{pages}/slow/1.5")
            started = time.monotonic()
            fetched(door, f"http://127.0.0.1:{pages}/quick")
            assert time.monotonic() - started < 1.0
            assert b"/slow" in slow.result()

    def test_many_connections_at_once(self, way: Make, echo: int) -> None:
        door, count = way(f"127.0.0.1:{echo}"), 400
        with contextlib.ExitStack() as open_ones:
            held = [open_ones.enter_context(door.tunnel(f"127.0.0.1:{echo}")) for _ in range(count)]
            for number, connection in enumerate(held):
                connection.sendall(b"%d" % number)
                connection.shutdown(socket.SHUT_WR)
            for number, connection in enumerate(held):
                assert read_all(connection) == b"%d=%d" % (number, len(str(number)))
        assert door.stop()[f"127.0.0.1:{echo}"].times == count

    def test_more_connections_than_it_serves_wait_for_their_turn(self, way: Make, pages: int) -> None:
        door = way(f"127.0.0.1:{pages}")
        with ThreadPoolExecutor(700) as pool:
            urls = [f"http://127.0.0.1:{pages}/slow/{0.3 if number < 600 else 0}" for number in range(700)]
            assert sum(len(answer) > 5 for answer in pool.map(lambda url: fetched(door, url), urls)) == 700


class TestWhatBreaks:
    def test_half_an_answer_does_not_look_whole(self, way: Make, pages: int) -> None:
        with way(f"127.0.0.1:{pages}").connect() as connection:
            connection.sendall(f"GET http://127.0.0.1:{pages}/broken HTTP/1.1\r\n\r\n".encode())
            with pytest.raises(ConnectionResetError):
                read_all(connection)

    def test_nor_does_one_of_a_proxy_that_was_killed(self, way: Make, pages: int) -> None:
        door = way(f"127.0.0.1:{pages}")
        with door.tunnel(f"127.0.0.1:{pages}") as connection:
            connection.sendall(b"GET /bytes/8388608 HTTP/1.1\r\n\r\n")
            assert connection.recv(100)
            os.kill(door.proxy.pid, signal.SIGKILL)
            with pytest.raises(ConnectionResetError):
                read_all(connection)

    def test_after_a_kill_nobody_waits_and_what_was_asked_is_kept(self, way: Make, pages: int) -> None:
        door = way(f"127.0.0.1:{pages}")
        fetched(door, f"http://127.0.0.1:{pages}/")
        os.kill(door.proxy.pid, signal.SIGKILL)
        for _ in range(200):
            try:
                door.connect().close()
            except OSError:
                break
            time.sleep(0.01)
        else:
            pytest.fail("somebody still listens")
        asked, whole = door.proxy.stop()
        assert not whole
        assert [(item.host, item.times) for item in asked] == [("127.0.0.1", 1)]

    def test_a_client_that_goes_away(self, way: Make, pages: int) -> None:
        door = way(f"127.0.0.1:{pages}")
        for _ in range(30):
            with door.tunnel(f"127.0.0.1:{pages}") as connection:
                connection.sendall(b"GET /bytes/8388608 HTTP/1.1\r\n\r\n")
                connection.recv(1)
        assert fetched(door, f"http://127.0.0.1:{pages}/") != b""
        for _ in range(200):
            if len(os.listdir(f"/proc/{door.proxy.pid}/task")) == 1:
                return
            time.sleep(0.05)
        pytest.fail("threads are left")

    def test_it_stops_at_once_whatever_is_under_way(self, way: Make, pages: int) -> None:
        door = way(f"127.0.0.1:{pages}")
        with contextlib.ExitStack() as open_ones:
            for _ in range(20):
                open_ones.enter_context(door.tunnel(f"127.0.0.1:{pages}"))
            ended = threading.Event()

            def wait() -> None:
                with pytest.raises(OSError, match=r"reset|closed"):
                    fetched(door, f"http://127.0.0.1:{pages}/slow/20")
                ended.set()

            threading.Thread(target=wait, daemon=True).start()
            time.sleep(0.2)
            started = time.monotonic()
            assert door.stop()[f"127.0.0.1:{pages}"].times >= 20
            assert time.monotonic() - started < 3
            assert ended.wait(5)
        assert door.proxy.stop() == ((), True), "asked again, it has nothing to say"
