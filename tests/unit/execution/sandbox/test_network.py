"""Hosts by name in a step's own process: the way out, who took it, and what happens when it is cut."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import signal
import subprocess
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import restrike
from restrike.worker import relay


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *told: Any) -> None:
        pass


@pytest.fixture
def pages() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


FETCH = """
    import urllib.request
    return urllib.request.urlopen("http://127.0.0.1:{port}/").read().decode()
"""


def test_variables_leave_the_steps_own_loopback_alone() -> None:
    assert relay.variables(3128, ["api.example"])["NO_PROXY"] == "localhost,127.0.0.1,::1"
    assert relay.variables(3128, ["127.0.0.1:80", "LOCALHOST"])["no_proxy"] == "::1"
    assert {value for name, value in relay.variables(3128, []).items() if name.lower() != "no_proxy"} == {
        "http://127.0.0.1:3128"
    }


def test_a_step_sees_the_same_way_out_every_time(bench: Any) -> None:
    body = "import os; return {name: value for name, value in os.environ.items() if 'proxy' in name.lower()}"
    first = bench.value(bench.call(body, network=("api.example",)))
    assert first == relay.variables(relay.PORT, ["api.example"])
    assert bench.value(bench.call(body, network=("api.example",))) == first
    assert bench.value(bench.call(body)) == {}, "a step without hosts knows of no proxy"


@pytest.mark.parametrize("which", ["bench", "unsealed"])
def test_what_was_asked_comes_back_with_the_line_that_asked(which: str, pages: int, request: Any) -> None:
    bench = request.getfixturevalue(which)
    outcome = bench.call(FETCH.format(port=pages), network=(f"127.0.0.1:{pages}",))
    assert bench.value(outcome) == "hello"
    (item,) = outcome.asked
    assert outcome.all_asked
    assert (item.host, item.port, item.times, item.allowed) == ("127.0.0.1", pages, 1, True)
    assert item.place == {"file": "module0.py", "line": 4, "function": "f"}
    assert "callers" not in outcome.result


def test_each_of_many_threads_has_its_own_line(bench: Any, pages: int) -> None:
    body = """
    import threading, urllib.request
    def one():
        with __import__("contextlib").suppress(OSError): urllib.request.urlopen("http://one.example:1/")
    def two():
        with __import__("contextlib").suppress(OSError): urllib.request.urlopen("http://two.example:2/")
    threads = [threading.Thread(target=ask) for ask in (one, two) * 10]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    """
    outcome = bench.call(body, network=(f"127.0.0.1:{pages}",))
    assert {(item.host, item.times, item.place["line"]) for item in outcome.asked if item.place} == {
        ("one.example", 10, 5), ("two.example", 10, 7),
    }  # fmt: skip


def test_a_failed_step_tells_what_it_asked(bench: Any, pages: int) -> None:
    outcome = bench.call(FETCH.format(port=1), network=(f"127.0.0.1:{pages}",))
    assert outcome.state == "failed"
    assert "403" in outcome.result["error"]["message"]
    assert [(item.port, item.allowed, item.place["line"]) for item in outcome.asked] == [(1, False, 4)]


def test_so_does_one_that_is_ended(bench: Any, pages: int) -> None:
    body = FETCH.format(port=pages).replace("return", "text =") + "    import time; time.sleep(60)"
    outcome = bench.call(body, network=(f"127.0.0.1:{pages}",), timeout=1.5)
    assert outcome.state == "timed out"
    assert [(item.port, item.times) for item in outcome.asked] == [(pages, 1)]


def test_certificates_are_there_and_name_services_are_not(bench: Any) -> None:
    body = "import os; return [os.path.exists('/etc/' + name) for name in ('ssl', 'services', 'resolv.conf')]"
    here = [os.path.exists(f"/etc/{name}") for name in ("ssl", "services")]
    assert bench.value(bench.call(body, network=("api.example",))) == [*here, False]
    assert bench.value(bench.call(body)) == [False, False, False]


def test_the_step_has_no_other_device_than_its_loopback(bench: Any) -> None:
    body = "import socket; return [name for _, name in socket.if_nameindex()]"
    assert bench.value(bench.call(body, network=("api.example",))) == ["lo"]


def test_a_killed_proxy_is_an_error_of_the_step_and_told(bench: Any, pages: int) -> None:
    body = f"""
    import time, urllib.error, urllib.request
    for _ in range(200):
        try:
            urllib.request.urlopen("http://127.0.0.1:{pages}/").read()
        except OSError as error:
            return str(error)
        time.sleep(0.02)
    """

    def kill() -> None:
        while not (found := [running.proxy for running in bench.sandbox._running.values() if running.proxy]):
            time.sleep(0.01)
        time.sleep(0.5)
        os.kill(found[0].pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    outcome = bench.call(body, network=(f"127.0.0.1:{pages}",))
    killer.join()
    assert "refused" in bench.value(outcome) or "reset" in bench.value(outcome)
    assert not outcome.all_asked
    assert [(item.port, item.times > 0) for item in outcome.asked] == [(pages, True)]


def test_nothing_is_left_when_a_step_has_ended(bench: Any, pages: int) -> None:
    counts = []
    for _ in range(3):
        bench.value(bench.call(FETCH.format(port=pages), network=(f"127.0.0.1:{pages}",)))
        counts.append(len(os.listdir("/proc/self/fd")))
    assert counts[0] == counts[2]
    children = {int(pid) for pid in os.listdir("/proc") if pid.isdigit() and _parent(int(pid)) == os.getpid()}
    commands = [_command(pid) for pid in children]
    assert not [command for command in commands if "proxy import server" in command]


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return int(stream.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline") as stream:
            return stream.read()
    except OSError:
        return ""


def test_the_loopback_is_no_network_however_it_is_written(bench: Any) -> None:
    body = """
    import contextlib, socket
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listening:
        port = listening.getsockname()[1]
        for host in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as one:
                one.connect((host, port))
    for host in ("::ffff:192.0.2.1", "2001:db8::1"):
        with socket.socket(socket.AF_INET6) as one, contextlib.suppress(OSError):
            one.connect((host, 80))
    """
    connects = [item.path for item in bench.call(body).lookups if item.kind == "connect"]
    assert connects == ["192.0.2.1:80", "2001:db8::1:80"]


SYSTEM_PYTHON = "/usr/bin/python3"
UNPRIVILEGED = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from restrike.execution.sandbox import Mount, Sandbox, Seal, Work
from restrike.execution.sandbox.variables import stated
root, host = Path(sys.argv[2]), sys.argv[3]
seal = Seal(Path(sys.argv[4]), (Mount(Path("/usr"), "/env"),), root / "engine", root / "code", (".",),
            stated("portable", 1, {}))
job = {"protocol": 1, "op": "step", "step": "s", "use": "m:f", "seed": 1, "params": {"host": host}, "inputs": {}}
job["outputs"] = [{"name": "output"}]
with Sandbox(seal, on_log=lambda *entry: None) as sandbox:
    outcome = sandbox.execute(Work("s", job, (), root / "outputs", network=(host,)))
    asked = [(item.host, item.port, item.times, item.allowed) for item in outcome.asked]
    print(json.dumps([sandbox.isolation, outcome.state, outcome.result.get("error"), asked]))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="takes root to become an ordinary user")
def test_an_ordinary_user_has_the_same_way_out(engine: Path, pages: int) -> None:
    version = "import sys; sys.exit(sys.version_info < (3, 11))"
    if not os.path.exists(SYSTEM_PYTHON) or subprocess.run([SYSTEM_PYTHON, "-c", version], check=False).returncode:
        pytest.skip("takes a Python of the system, not too old for the controller")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        shutil.copytree(Path(restrike.__file__).parent, root / "src" / "restrike")
        shutil.copytree(engine, root / "engine")
        for folder in ("code", "outputs"):
            (root / folder).mkdir()
        body = """
        def f(host):
            import urllib.request
            return urllib.request.urlopen(f"http://{host}/").read().decode()
        """
        (root / "code" / "m.py").write_text(textwrap.dedent(body))
        subprocess.run(["chmod", "-R", "a+rX", name], check=True)
        os.chown(root / "outputs", 65534, 65534)
        done = subprocess.run(
            [SYSTEM_PYTHON, "-c", UNPRIVILEGED, str(root / "src"), name, f"127.0.0.1:{pages}", SYSTEM_PYTHON],
            user=65534, group=65534, extra_groups=[], cwd="/", capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        isolation, state, error, asked = json.loads(done.stdout)
        if isolation.startswith("reduced"):
            pytest.skip(f"this machine forbids user namespaces: {isolation}")
        assert state == "ok", error
        assert json.loads((root / "outputs" / "output").read_text()) == "hello"
        assert asked == [["127.0.0.1", pages, 1, True]]
