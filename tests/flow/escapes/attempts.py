"""Attempts to get at what no step was given. Each returns what it got; what it was refused is nothing."""

import contextlib
import ctypes
import importlib
import json
import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

WANTED = "ignored/secret.txt"
GIVEN = "/project/data/given.txt"
HOST = "@PROJECT@/ignored/secret.txt"
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def read(path=WANTED):
    try:
        with open(path) as stream:
            return stream.read()
    except OSError:
        return ""


def told(command, **how):
    """Return what a program prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **how)
    return done.stdout


def refused(result):
    """Return the error of a call of the C library, or that it was done."""
    return os.strerror(ctypes.get_errno()) if result < 0 else "DONE"


def in_a_fork(attempt):
    """Return what an attempt gets in a child, whatever becomes of the child."""
    incoming, outgoing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(incoming)
        with contextlib.suppress(BaseException):
            os.write(outgoing, str(attempt()).encode()[:4000])
        os._exit(0)
    os.close(outgoing)
    with os.fdopen(incoming, "rb") as stream:
        got = stream.read().decode()
    os.waitpid(child, 0)
    return got


# Ways of asking for a file: all of them are told by the kernel.


def by_a_fork():
    return in_a_fork(read)


def by_a_fork_of_a_fork():
    return in_a_fork(lambda: (os.setsid(), in_a_fork(read))[1])


def by_threads():
    got = []
    threads = [threading.Thread(target=lambda: got.append(read())) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return "".join(got)


def by_the_c_library():
    found = libc.open(WANTED.encode(), os.O_RDONLY)
    return os.read(found, 100).decode() if found >= 0 else ""


def by_a_system_call():
    number = {"x86_64": 257, "aarch64": 56}[os.uname().machine]
    found = libc.syscall(number, -100, WANTED.encode(), 0)
    return os.read(found, 100).decode() if found >= 0 else ""


def by_a_newer_system_call():
    how = struct.pack("=QQQ", 0, 0, 0)
    found = libc.syscall(437, -100, WANTED.encode(), how, len(how))
    return os.read(found, 100).decode() if found >= 0 else ""


def by_a_static_program():
    """A program of 200 bytes, which no library and no preloading sees: open, read, write, exit."""
    code = bytes.fromhex(
        "b802000000 488d3d44000000 31f6 0f05 89c7 31c0 4881ec00010000 4889e6 ba00010000 0f05"
        "4885c0 7e0f 4889c2 b801000000 bf01000000 4889e6 0f05 b83c000000 31ff 0f05".replace(" ", "")
    )
    start = code.index(bytes.fromhex("488d3d")) + 7
    code = code[: start - 4] + struct.pack("<i", len(code) - start) + code[start:]
    body = code + WANTED.encode() + b"\0"
    size = 64 + 56 + len(body)
    header = (
        b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, size, size, 0x1000)
    with open("static", "wb") as stream:
        stream.write(header + segment + body)
    os.chmod("static", 0o755)
    with open("own.txt", "w") as stream:
        stream.write("works")
    proof = body.replace(WANTED.encode(), b"own.txt\0".ljust(len(WANTED), b"\0"))
    with open("proof", "wb") as stream:
        stream.write(header + segment + proof)
    os.chmod("proof", 0o755)
    assert told(["./proof"]) == "works", "else the attempt proves nothing"
    return told(["./static"])


def by_a_program_with_nothing_around_it():
    return told(["/bin/cat", WANTED], env={})


def by_an_isolated_python():
    return told([sys.executable, "-I", "-S", "-c", f"print(open({WANTED!r}).read())"])


def by_a_python_without_its_variables():
    for name in list(os.environ):
        del os.environ[name]
    return told([sys.executable, "-c", f"print(open({WANTED!r}).read())"])


def by_a_path_changed_while_it_is_looked_up():
    """Two threads: one asks for a harmless name, the other replaces the name meanwhile."""
    name, got, ended = ctypes.create_string_buffer(b"harmless.txt".ljust(len(WANTED), b"\0")), [], threading.Event()

    def swap():
        while not ended.is_set():
            name.value = WANTED.encode()
            name.value = b"harmless.txt"

    swapping = threading.Thread(target=swap)
    swapping.start()
    for _ in range(300):
        found = libc.open(name, os.O_RDONLY)
        if found >= 0:
            got.append(os.read(found, 100).decode())
            os.close(found)
    ended.set()
    swapping.join()
    return "".join(got)


def by_the_path_on_the_machine():
    return read(HOST) + read(os.path.expanduser("~/secret.txt")) + read("/root/secret.txt")


# Ways around being told, or around the walls.


def by_the_import_system():
    sys.meta_path.clear()
    sys.path_hooks.clear()
    os.environ.pop("PYTHONPATH", None)
    try:
        return importlib.import_module("secret_module").VALUE
    except (ImportError, OSError):
        return told([sys.executable, "-c", "import secret_module; print(secret_module.VALUE)"])


def by_rings():
    parameters = ctypes.create_string_buffer(120)
    return refused(libc.syscall(425, 4, parameters))


def by_calls_of_another_architecture():
    """int 0x80: open as 32-bit programs do, whose numbers the filter does not know."""

    def attempt():
        place = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40, 7)
        address = ctypes.addressof(ctypes.c_char.from_buffer(place))
        place[1024 : 1024 + len(WANTED) + 1] = WANTED.encode() + b"\0"
        # push rbx; mov eax, 5; mov ebx, PATH; xor ecx, ecx; int 0x80; pop rbx; movsxd rax, eax; ret
        place[:22] = (
            bytes.fromhex("53b805000000bb")
            + struct.pack("<I", address + 1024)
            + bytes.fromhex("31c9cd805b4863c0c39090")
        )
        found = ctypes.CFUNCTYPE(ctypes.c_long)(address)()
        return os.read(found, 100).decode() if found >= 0 else ""

    return in_a_fork(attempt)


def by_roots_of_other_processes():
    got = []
    for process in [name for name in os.listdir("/proc") if name.isdigit()]:
        got += [read(f"/proc/{process}/root{HOST}"), read(f"/proc/{process}/cwd/../../{HOST}")]
    return "".join(got)


def by_descriptors_left_open():
    got = []
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found = os.open("." + "/.." * 12 + HOST, os.O_RDONLY, dir_fd=int(name))
            got.append(os.read(found, 100).decode())
    return "".join(got)


def by_tracing_the_parent():
    return "".join(
        refused(libc.ptrace(16, process, 0, 0)) for process in (os.getppid(), 1, 2, 3) if process != os.getpid()
    )


def by_memory_of_other_processes():
    others = [process for process in range(12) if process != os.getpid()]
    return "".join(read(f"/proc/{process}/environ") for process in others)


def by_what_this_process_was_started_with():
    return read("/proc/self/environ") + read("/proc/1/environ")


def by_mounting(given):
    os.makedirs("/tmp/there", exist_ok=True)
    tried = [
        libc.mount(b"none", b"/tmp/there", b"tmpfs", 0, None),
        libc.mount(b"/", b"/tmp/there", None, 4096, None),
        libc.mount(b"none", GIVEN.encode(), None, 4096 | 32, None),
        libc.mount(b"none", b"/", None, 32, None),
        libc.umount2(b"/project", 2),
        libc.syscall(428, -100, b"/", 1),
        libc.syscall(155, b"/tmp", b"/tmp"),
        libc.chroot(b"/tmp"),
    ]
    return "".join("DONE" for result in tried if result >= 0)


def by_a_user_namespace_of_its_own(given):
    """Who has a user namespace of their own may mount; but not undo what was locked before."""

    def attempt():
        if libc.unshare(0x10000000 | 0x00020000) < 0:
            return ""
        tried = [
            libc.mount(b"none", GIVEN.encode(), None, 4096 | 32, None),
            libc.mount(b"none", b"/project", None, 32, None),
            libc.umount2(GIVEN.encode(), 2),
            libc.umount2(b"/proc", 2),
        ]
        with contextlib.suppress(OSError), open(GIVEN, "w") as stream:
            stream.write("spoilt")
            tried.append(0)
        return "".join("DONE" for result in tried if result >= 0) + read(HOST)

    return in_a_fork(attempt)


def by_other_namespaces():
    got = []
    for process in [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]:
        for kind in ("mnt", "net", "pid", "ipc", "user"):
            with contextlib.suppress(OSError):
                got.append(refused(libc.setns(os.open(f"/proc/{process}/ns/{kind}", os.O_RDONLY), 0)))
    return "".join(name for name in got if name == "DONE")


def by_devices():
    with contextlib.suppress(OSError):
        os.mknod("/tmp/disk", 0o600 | 0o060000, os.makedev(8, 0))
        return "DONE"
    return "".join(read(f"/dev/{name}") for name in ("sda", "vda", "mem", "kmsg", "nvme0n1"))


def by_handles():
    handle = struct.pack("=Ii", 8, 1) + bytes(8)
    return "DONE" if libc.syscall(304, -100, handle, 0) >= 0 else ""


def by_settings_of_the_kernel():
    got = []
    for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger"):
        with contextlib.suppress(OSError), open(path, "w") as stream:
            stream.write("spoilt")
            got.append("DONE")
    with contextlib.suppress(OSError):
        socket.sethostname("spoilt")
        got.append("DONE")
    return "".join(got)


def by_programs_with_privileges():
    found = [program for program in ("su", "sudo", "mount", "newuidmap") if shutil.which(program)]
    return "".join(told([program, "-c", f"cat {HOST}"], stdin=subprocess.DEVNULL) for program in found)


def by_signals_to_everybody():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGTERM)
    return ""


def by_sockets_of_the_machine():
    got = []
    for address in ("\0@TOKEN@", "/tmp/@TOKEN@.sock", "@PROJECT@/service.sock"):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as stream:
            stream.connect(address)
            got.append(stream.recv(100).decode())
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int("@PORT@")), 2) as stream:
        got.append(stream.recv(100).decode())
    return "".join(got)


def leaves_memory_behind():
    number = libc.shmget(0x5EC2E7, 4096, 0o1666)
    libc.shmat.restype = ctypes.c_void_p
    ctypes.memmove(libc.shmat(number, None, 0), b"SECRET of another step", 22)
    with open("/dev/shm/left", "w") as stream:
        stream.write("SECRET of another step")
    if os.fork() == 0:
        os.setsid()
        lasting = socket.socket(socket.AF_UNIX)
        lasting.bind("\0left")
        lasting.listen()
        with contextlib.suppress(OSError):
            lasting.accept()[0].sendall(b"SECRET of another step")
        os._exit(0)
    return ""


def by_memory_of_another_step(after):
    got = [read("/dev/shm/left")]
    if libc.shmget(0x5EC2E7, 4096, 0o666) >= 0:
        got.append("SECRET")
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as stream:
        stream.connect("\0left")
        got.append(stream.recv(100).decode())
    return "".join(got)


def by_writing_to_what_was_given(given):
    got = []
    for path in (str(given), "/env/pyvenv.cfg", "/engine/restrike/__init__.py", "/etc/passwd", sys.executable):
        for attempt in (
            lambda path=path: Path(path).write_text("spoilt"),
            lambda path=path: os.chmod(path, 0o777),
            lambda path=path: os.remove(path),
            lambda path=path: os.link(path, path + ".link"),
            lambda path=path: os.utime(path),
        ):
            with contextlib.suppress(OSError):
                attempt()
                got.append(f"DONE: {path}")
    return json.dumps(got) if got else ""


def by_going_on_after_the_end():
    if os.fork() == 0:
        os.setsid()
        import time

        time.sleep(0.5)
        with contextlib.suppress(OSError), open("/outputs/late.txt", "w") as stream:
            stream.write("spoilt")
        os._exit(0)
    return ""
