"""What a step can see and do: only what was given to it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from restrike.execution.sandbox import Mount
from restrike.execution.sandbox.errors import SandboxFailed, SealFailed


def test_this_machine_seals(bench: Any) -> None:
    assert bench.sandbox.isolation == "sealed: own mount, pid, network and ipc namespaces"


def test_the_root_holds_nothing_undeclared(bench: Any) -> None:
    found = bench.value(
        bench.call("import os\nreturn [sorted(os.listdir('/')), os.listdir('/tmp'), os.getcwd(), os.getpid()]")
    )
    assert not set(found[0]) & {".host", ".old", ".code", ".step", ".scratch", "var", "opt", "srv", "mnt"}
    assert found[1:] == [[], "/project", 1]


def test_the_machines_files_are_out_of_sight(bench: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    body = f"""
    import os
    reached = []
    for base in ("", "/proc/1/root", "/proc/self/root", "/proc/1/cwd/..", "/.host", "/.old/.host"):
        if os.path.exists(base + {str(secret)!r}):
            reached.append(base)
    return reached
    """
    assert bench.value(bench.call(body)) == []


def test_privileges_are_gone_for_good(bench: Any) -> None:
    bench.write("probe.sh", "grep -E '^(CapEff|CapPrm|CapBnd|CapAmb|NoNewPrivs)' /proc/self/status")
    outcome = bench.command("sh", "probe.sh")
    assert outcome.state == "ok"
    lines = dict(line.split(":\t") for line in bench.printed().decode().splitlines())
    assert lines.pop("NoNewPrivs") == "1"
    assert {int(value, 16) for value in lines.values()} == {0}


@pytest.mark.parametrize(
    "command",
    [
        "mount -o remount,rw /usr",
        "umount /proc",
        "touch /usr/x",
        "touch /engine/x",
        "touch /env/x",
        "touch /x",
        "echo x > /proc/sys/kernel/hostname",
        "echo 1 > /proc/sys/vm/drop_caches",
        "mknod /tmp/disk b 254 0",
        "chroot / true",
    ],
)
def test_the_seal_cannot_be_opened(bench: Any, command: str) -> None:
    assert bench.command("sh", "-c", f"{command} 2>/dev/null").state == "failed"


def test_the_project_is_writable_and_thrown_away(bench: Any) -> None:
    kept = bench.write("data/kept.txt", "as it was")
    body = """
    import os, shutil
    open("new.txt", "w").write("x")
    open("data/kept.txt", "a").write("!")
    shutil.rmtree("data"); os.mkdir("data")
    return os.listdir("data")
    """
    assert bench.value(bench.call(body)) == []
    assert kept.read_text() == "as it was"
    assert not (bench.project / "new.txt").exists()
    assert bench.value(bench.call("import os\nreturn os.path.exists('new.txt')")) is False


def test_inputs_are_read_only_and_lie_where_they_are_declared(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file, folder = tmp_path / "in" / "a b ü.csv", tmp_path / "in"
    file.write_text("1,2")
    mounts = [
        Mount(file, "/inputs/x"),
        Mount(folder, "/inputs/deep"),
        Mount(file, "/project/data/raw ü.csv"),
        Mount(file, "/data/far/away.csv"),
    ]
    body = """
    import os
    refused = 0
    for path in ("/inputs/x", "/inputs/deep/a b ü.csv", "data/raw ü.csv", "/data/far/away.csv"):
        assert open(path).read() == "1,2"
        try:
            open(path, "a")
        except OSError:
            refused += 1
    return refused
    """
    assert bench.value(bench.call(body, mounts=mounts)) == 4
    assert file.read_text() == "1,2"


def test_data_behind_a_link_of_the_snapshot_is_found(bench: Any, tmp_path: Path) -> None:
    source = tmp_path / "big.csv"
    source.write_text("42")
    (bench.project / "data").symlink_to("/mnt/big")
    outcome = bench.call("return open('data/x.csv').read()", mounts=[Mount(source, "/project/data/x.csv")])
    assert bench.value(outcome) == "42"


def test_the_snapshot_may_lie_at_any_path(make: Any, tmp_path: Path) -> None:
    bench = make()
    odd = tmp_path / "a, b: ü\\x"
    odd.mkdir()
    (odd / "m.py").write_text("def f():\n    return 1\n")
    object.__setattr__(bench.seal, "code", odd)
    assert bench.value(bench.sandbox.execute(bench.work({"use": "m:f"}))) == 1


def test_there_is_no_network_but_a_loopback(bench: Any) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    body = f"""
    import socket
    own = socket.create_server(("127.0.0.1", 0))
    socket.create_connection(own.getsockname(), 2)
    reached = []
    for place in (("127.0.0.1", {port}), ("192.0.2.1", 80)):
        try:
            socket.create_connection(place, 1); reached.append(place)
        except OSError:
            pass
    return reached
    """
    outcome = bench.call(body)
    assert bench.value(outcome) == []
    assert [(item.path, item.kind) for item in outcome.lookups if item.kind == "connect"] == [
        ("192.0.2.1:80", "connect")
    ]
    listener.close()


def test_a_step_granted_the_network_has_the_machines(bench: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        body = f"import socket\nsocket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 2)\nreturn 1"
        assert bench.value(bench.call(body, network=True)) == 1


def test_the_environment_is_exactly_the_stated_one(bench: Any) -> None:
    seen = bench.value(bench.call("import os\nreturn dict(os.environ)"))
    added = {"NPY_DISABLE_CPU_FEATURES", "RESTRIKE_TRACE"}
    path = "/engine/restrike/worker/children:/project"  # what observes them and the import roots, for programs
    stated = bench.seal.variables | {"PYTHONPATH": path}
    assert {name: value for name, value in seen.items() if name not in added} == stated
    again = bench.value(bench.call("import os\nreturn os.environ['TOKEN']", secrets={"TOKEN": "t"}))
    assert again == "t"
    assert "TOKEN" not in bench.value(bench.call("import os\nreturn dict(os.environ)"))


def test_descriptors_of_the_controller_stay_outside(bench: Any) -> None:
    body = """
    import os
    listing = os.open("/proc/self/fd", os.O_RDONLY)
    return [os.readlink(f"/proc/self/fd/{n}") for n in os.listdir(listing) if int(n) not in (listing, listing + 1)]
    """
    found = bench.value(bench.call(body))
    others = [name for name in found if not name.startswith(("/dev/null", "pipe:", "/memfd:restrike"))]
    assert others == []


def test_the_engines_restrike_wins(bench: Any) -> None:
    bench.write("restrike/__init__.py", "raise SystemExit('the wrong one')")
    found = bench.value(bench.call("import restrike\nfrom restrike import step\nreturn restrike.__file__"))
    assert found == "/engine/restrike/__init__.py"


def test_what_cannot_be_placed_is_an_error(bench: Any, tmp_path: Path) -> None:
    with pytest.raises(SealFailed, match=r"step 's' could not be sealed"):
        bench.call("return 1", mounts=[Mount(tmp_path / "absent", "/inputs/x")])


def test_a_python_that_does_not_start_is_an_error(bench: Any, tmp_path: Path) -> None:
    object.__setattr__(bench.seal, "variables", {"PYTHONHOME": "/nowhere"})
    with pytest.raises(SandboxFailed) as caught:
        bench.call("return 1")
    assert caught.value.details


def test_parallel_steps_do_not_meet(bench: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    body = """
    import os, time
    for place in ("/tmp/mark", "/dev/shm/mark", "/home/restrike/mark", "mark"):
        assert not os.path.exists(place)
        open(place, "w").close()
    time.sleep(0.2)
    return 1
    """
    bench.write("together.py", "def f():\n" + body)
    works = [bench.work({"use": "together:f"}) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        assert [outcome.state for outcome in pool.map(bench.sandbox.execute, works)] == ["ok"] * 6
