"""Hosts by name: what a step may reach, what is written down of it, and what becomes of who asks for more."""

import contextlib
import http.server
import json
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import yaml

BIN = Path(sys.executable).parent
SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "show.schema.json"
CLIENTS = """
import http.client, os, socket, subprocess, sys, urllib.error, urllib.request
from urllib.parse import urlsplit

PROGRAM = "import sys, web; print(web.by_urllib(*sys.argv[1:]), end='')"

def context():
    import ssl
    return ssl.create_default_context(cafile="ca.crt")

def by_urllib(url):
    return urllib.request.urlopen(url, context=context() if url.startswith("https") else None).read().decode()

def by_http_client(url):
    there, proxy = urlsplit(url), urlsplit(os.environ["HTTP_PROXY"])
    if there.scheme == "https":
        connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, context=context())
        connection.set_tunnel(there.hostname, there.port)
        connection.request("GET", there.path)
    else:
        connection = http.client.HTTPConnection(proxy.hostname, proxy.port)
        connection.request("GET", url)
    return connection.getresponse().read().decode()

def by_requests(url):
    import requests
    with requests.Session() as session:
        return [session.get(url, verify="ca.crt").text for _ in range(2)][1]

def by_curl(url):
    command = ["curl", "-sS", "--fail", "--cacert", "ca.crt", url]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

def by_child_python(url):
    return subprocess.run([sys.executable, "-c", PROGRAM, url], check=True, capture_output=True, text=True).stdout

def directly(url):
    there = urlsplit(url)
    with socket.create_connection((there.hostname, there.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        return connection.recv(100).decode()

def fetched(url, way):
    return globals()[way](url)

def swallowing(url, way):
    try:
        return fetched(url, way)
    except (OSError, subprocess.CalledProcessError) as error:
        return type(error).__name__

def served_by_itself():
    served = socket.create_server(("127.0.0.1", 0))
    import threading
    def serve():
        stream, _ = served.accept()
        with stream:
            stream.recv(1000)
            stream.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nown")
    threading.Thread(target=serve).start()
    with served:
        return by_urllib(f"http://127.0.0.1:{served.getsockname()[1]}/") + by_urllib_named()

def by_urllib_named():
    return os.environ["NO_PROXY"]
"""


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", f"http://{self.path[4:]}/")
            self.end_headers()
            return
        told = f"hello from {self.headers['Host']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *told):
        pass


@contextlib.contextmanager
def serving(wrap=lambda plain: plain):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        server.socket = wrap(server.socket)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def plain():
    with serving() as port:
        yield port


@pytest.fixture
def secure(user):
    """Return the port of a server with a certificate that we made ourselves; the project has it, too."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    key, certificate = user.project.parent / "key.pem", user.project / "ca.crt"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key]
    subprocess.run([*command, "-out", certificate, *subject], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(lambda plain: context.wrap_socket(plain, server_side=True)) as port:
        yield port


@pytest.fixture
def surfer(user):
    """Return somebody whose steps ask for pages."""
    user.writes({"web.py": CLIENTS})
    user.git("init", "-q")
    return user


def declare(user, steps, **top):
    (user.project / "restrike.yaml").write_text(yaml.safe_dump({"restrike": 1, **top, "steps": steps}))


def declared(user):
    return yaml.safe_load((user.project / "restrike.yaml").read_text())


def merged(ours, theirs):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return {**ours, **{key: merged(ours.get(key), value) for key, value in theirs.items()}}
    return theirs


def paste(user, hint):
    content = merged(declared(user), yaml.safe_load(hint))
    (user.project / "restrike.yaml").write_text(yaml.safe_dump(content))


def step(url, way, use="web:fetched", **more):
    return {"use": use, "params": {"url": url, "way": way}, **more}


def got(user, name, run="@last"):
    target = user.project.parent / f"got-{name}"
    target.unlink(missing_ok=True)
    user.types("get", f"{run}:{name}", "-o", target)
    return target.read_text()


def asked(user, name):
    (found,) = (item for item in user.types("--json", "show").json["steps"] if item["name"] == name)
    return found["network"]


def test_named_hosts_answer_whatever_asks(surfer, plain, secure):
    ways = ["by_urllib", "by_http_client", "by_child_python", *(["by_curl"] if shutil.which("curl") else [])]
    urls = {"plain": f"http://127.0.0.1:{plain}/", "secure": f"https://localhost:{secure}/"}
    steps = {f"{way}_{kind}": step(url, way) for way in ways for kind, url in urls.items()}
    declare(surfer, steps, allow={"network": [f"LOCALHOST:{secure}", f"127.0.0.1:{plain}"]})
    run = surfer.run()
    assert run["findings"] == []
    assert run["seal"]["network"] == [f"127.0.0.1:{plain}", f"localhost:{secure}"]
    assert run["seal"]["gaps"] == []
    for way in ways:
        assert f"hello from 127.0.0.1:{plain}" in got(surfer, f"{way}_plain")
        assert f"hello from localhost:{secure}" in got(surfer, f"{way}_secure")
        for kind, host, port in (("plain", "127.0.0.1", plain), ("secure", "localhost", secure)):
            (entry,) = asked(surfer, f"{way}_{kind}")
            assert entry["bytes"] > 100
            assert entry == {"host": host, "port": port, "times": 1, "bytes": entry["bytes"], "allowed": True}
    jsonschema.validate(surfer.types("--json", "show").json, json.loads(SCHEMA.read_text()))
    shown = surfer.types("run").out
    assert f"2 named hosts: 127.0.0.1:{plain}, localhost:{secure}" in shown
    assert "reused" not in shown, "who has the network is never reused"
    assert f"127.0.0.1:{plain}" in surfer.types("show").out.partition("\nnetwork\n")[2].partition("\nseal\n")[0]
    assert surfer.reproduce()["verdict"] == "identical"


def test_requests_goes_the_same_way(surfer, shared, plain, secure):
    folder = shared / "web-env"
    if not folder.exists():
        subprocess.run([BIN / "uv", "venv", "-q", "--python", sys.executable, folder], check=True)
    install = [BIN / "uv", "pip", "install", "-q", "--python", folder / "bin" / "python", "requests"]
    if subprocess.run(install, check=False, capture_output=True).returncode:
        pytest.skip("requests cannot be installed")
    surfer = replace(surfer, variables={**surfer.variables, "VIRTUAL_ENV": str(folder)})
    urls = [f"http://127.0.0.1:{plain}/", f"https://localhost:{secure}/"]
    steps = {name: step(url, "by_requests") for name, url in zip(("plain", "secure"), urls, strict=True)}
    declare(surfer, steps, allow={"network": [f"localhost:{secure}", f"127.0.0.1:{plain}"]})
    surfer.run()
    assert "hello from" in got(surfer, "plain")
    assert "hello from" in got(surfer, "secure")
    assert asked(surfer, "plain")[0]["times"] == 2


def test_who_asks_for_another_host_is_told_where_and_what_to_paste(surfer, plain, secure):
    line = 1 + CLIENTS.split("\n").index(
        '    return urllib.request.urlopen(url, context=context() if url.startswith("https") else None).read().decode()'
    )
    urls = {
        "plain": (f"http://127.0.0.1:{plain}/", f"127.0.0.1:{secure}"),
        "secure": (f"https://localhost:{secure}/", "localhost:9"),
        "redirected": (f"http://127.0.0.1:{plain}/to/127.0.0.1:{secure}", f"127.0.0.1:{plain}"),
    }
    steps = {name: step(url, "by_urllib", "web:swallowing", network=[host]) for name, (url, host) in urls.items()}
    declare(surfer, steps)
    run = surfer.run("--set", "seal=warn")
    found = {finding["step"]: finding for finding in run["findings"]}
    assert {name: (item["kind"], item["subject"], item["where"]) for name, item in found.items()} == {
        "plain": ("network", f"127.0.0.1:{plain}", f"web.py:{line}"),
        "secure": ("network", f"localhost:{secure}", f"web.py:{line}"),
        "redirected": ("network", f"127.0.0.1:{secure}", f"web.py:{line}"),
    }
    for name in steps:
        assert [entry["allowed"] for entry in asked(surfer, name)].count(False) == 1
        assert f"{found[name]['subject']}, which is not among the hosts" in found[name]["what"]
        assert got(surfer, name) in ("HTTPError", "URLError")
    strict = surfer.run(status=1)
    (failed,) = (item for item in strict["steps"] if item["state"] == "failed")
    assert failed["error"]["type"] == "Undeclared"
    assert f"web.py:{line}" in failed["error"]["message"]
    assert surfer.reproduce()["verdict"] == "identical", "it is refused again"
    for finding in found.values():
        paste(surfer, finding["hint"])
    assert declared(surfer)["steps"]["secure"]["network"] == sorted(["localhost:9", f"localhost:{secure}"])
    surfer.run()
    assert "hello from" in got(surfer, "plain")
    assert "hello from" in got(surfer, "secure")


def test_who_goes_past_the_proxy_gets_nowhere(surfer, plain):
    """What is not asked of the proxy finds a network that ends at the step itself."""
    steps = {
        "there": step(f"http://127.0.0.1:{plain}/", "directly", "web:swallowing"),
        "elsewhere": step("http://192.0.2.1:80/", "directly", "web:swallowing"),
        "named": step("http://nosuch.invalid:80/", "directly", "web:swallowing"),
    }
    declare(surfer, steps, allow={"network": [f"127.0.0.1:{plain}", "192.0.2.1", "nosuch.invalid"]}, seal="warn")
    run = surfer.run()
    assert "ConnectionRefusedError" in got(surfer, "there")
    assert {finding["step"]: finding["kind"] for finding in run["findings"]} == {
        "elsewhere": "network", "named": "network",
    }  # fmt: skip
    assert all("HTTP_PROXY" in finding["what"] for finding in run["findings"])
    assert [asked(surfer, name) for name in steps] == [[], [], []]


def test_a_named_host_that_leads_back_here_is_refused(surfer, plain):
    """This machine's own name is looked up to an address of its own: nothing that was granted with it."""
    name = socket.gethostname()
    try:
        address = socket.getaddrinfo(name, plain, type=socket.SOCK_STREAM)[0][4][0]
    except OSError:
        pytest.skip("this machine's name leads nowhere")
    declare(surfer, {"back": step(f"http://{name}:{plain}/", "by_urllib", network=[f"{name}:{plain}"])}, seal="warn")
    run = surfer.run(status=1)
    (finding,) = run["findings"]
    assert f"leads to {address}" in finding["what"]
    assert yaml.safe_load(finding["hint"])["steps"]["back"]["network"] == sorted(
        [f"{name}:{plain}", f"{address}:{plain}"]
    )


def test_the_steps_own_servers_are_reached_without_the_proxy(surfer):
    declare(surfer, {"own": {"use": "web:served_by_itself", "network": ["example.org"]}})
    surfer.run()
    assert "ownlocalhost,127.0.0.1,::1" in got(surfer, "own")
    assert asked(surfer, "own") == []


def test_a_host_that_is_gone_is_an_error_of_the_step(surfer, plain):
    with serving() as port:
        gone = port
    declare(surfer, {"gone": step(f"http://127.0.0.1:{gone}/", "by_urllib", network=[f"127.0.0.1:{gone}"])})
    run = surfer.run(status=1)
    assert "cannot be reached: Connection refused" in run["steps"][0]["error"]["message"]
    assert run["findings"] == []
    assert asked(surfer, "gone") == [{"host": "127.0.0.1", "port": gone, "times": 1, "bytes": 0, "allowed": True}]


def test_steps_at_once_have_a_proxy_each(surfer, plain):
    with serving() as other:
        steps = {
            f"s{number}": step(f"http://127.0.0.1:{port}/", "by_urllib", network=[f"127.0.0.1:{port}"])
            for number, port in enumerate([plain, other] * 3)
        }
        declare(surfer, steps)
        surfer.run("--workers", "4")
    for number, port in enumerate([plain, other] * 3):
        assert [entry["port"] for entry in asked(surfer, f"s{number}")] == [port]


def test_the_list_is_part_of_the_recipe_and_its_order_is_not(surfer):
    def recipe(hosts):
        declare(surfer, {"own": {"use": "web:by_urllib_named", "network": hosts}})
        return surfer.run()["recipe"]

    one = recipe(["a.example", "b.example"])
    assert recipe(["B.example", "a.example.", "a.example"]) == one
    assert recipe(["a.example"]) != one
