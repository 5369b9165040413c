"""Ways of using a file of the project that a tracer of Python's imports and opens might not see. All are innocent."""

import contextlib
import ctypes
import importlib
import importlib.machinery
import importlib.util
import mmap
import multiprocessing
import os
import runpy
import subprocess
import sys
import threading
from pathlib import Path

TEXT, MODULE = "value.txt", "value_module.py"
PRINT = "import value_module; print(value_module.VALUE)"
libc = ctypes.CDLL(None, use_errno=True)


def told(command, **how):
    return subprocess.run(command, capture_output=True, text=True, check=True, **how).stdout


def by_open():
    return Path(TEXT).read_text()


def by_import():
    import value_module

    return value_module.VALUE


def by_the_c_library():
    found = libc.open(TEXT.encode(), os.O_RDONLY)
    return os.read(found, 100).decode()


def by_a_mapping():
    with open(TEXT, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content[:].decode()


def by_a_thread():
    got = []
    thread = threading.Thread(target=lambda: got.append(Path(TEXT).read_text()))
    thread.start()
    thread.join()
    return got[0]


def by_a_fork():
    incoming, outgoing = os.pipe()
    if os.fork() == 0:
        import value_module

        os.write(outgoing, value_module.VALUE.encode())
        os._exit(0)
    os.close(outgoing)
    with os.fdopen(incoming) as stream:
        return stream.read()


def in_a_pool():
    import value_module

    return value_module.VALUE


def by_a_pool():
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(in_a_pool)


def by_a_spawned_pool():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(in_a_pool)


def by_a_program():
    return told(["cat", TEXT])


def by_a_shell():
    return told("while read -r line; do echo $line; done < value.txt", shell=True)


def by_a_python():
    return told([sys.executable, "-c", PRINT])


def by_an_isolated_python():
    code = f"import sys; sys.path.insert(0, '.'); {PRINT}"
    return told([sys.executable, "-I", "-S", "-c", code])


def by_a_python_with_nothing_around_it():
    return told([sys.executable, "-c", f"import sys; sys.path.insert(0, '.'); {PRINT}"], env={})


def by_a_script():
    return told([sys.executable, MODULE])


def by_the_python_of_the_machine():
    if not os.path.exists("/usr/bin/python3"):
        return Path(TEXT).read_text()
    return told(["/usr/bin/python3", "-c", f"import sys; sys.path.insert(0, '.'); {PRINT}"])


def by_a_path_without_hooks():
    sys.meta_path[:] = [importlib.machinery.PathFinder]
    os.environ.pop("PYTHONPATH", None)
    import value_module

    return value_module.VALUE


def by_a_loader():
    loader = importlib.machinery.SourceFileLoader("something_else", MODULE)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("something_else", loader))
    loader.exec_module(module)
    return module.VALUE


def by_its_source():
    names = {}
    exec(Path(MODULE).read_text(), names)
    return names["VALUE"]


def by_running_its_path():
    return runpy.run_path(MODULE)["VALUE"]


def by_an_import_taken_back():
    import value_module

    del sys.modules["value_module"]
    return value_module.VALUE


def by_a_failed_import():
    with contextlib.suppress(ZeroDivisionError):
        importlib.import_module("value_module_that_fails")
    return sys.modules["value_kept"].VALUE


def by_a_link():
    os.symlink(TEXT, "again.txt")
    return Path("again.txt").read_text()


def by_a_copy():
    told(["cp", TEXT, "/tmp/copy.txt"])
    return Path("/tmp/copy.txt").read_text()


def by_another_working_directory():
    os.chdir("/tmp")
    return Path("../project", TEXT).read_text()


def by_a_descriptor_of_the_folder():
    folder = os.open(".", os.O_RDONLY)
    return os.read(os.open(TEXT, os.O_RDONLY, dir_fd=folder), 100).decode()


def by_a_program_that_looks_for_it():
    return told("cat $(ls | grep '^value.txt$')", shell=True)


def by_asking_how_long_it_is():
    return str(os.path.getsize(TEXT))


def by_asking_whether_it_is_there():
    return str(os.path.exists("appears.txt"))


def by_listing():
    return str(len(os.listdir(".")))


def by_a_program_that_lists():
    return told(["ls", "-a"])
