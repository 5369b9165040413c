"""Executes steps of small projects, each in a process of its own forked from a bare Python, and tells what they used.

Read by the tests as a program: jobs on standard input, outcomes on standard output, both JSON.
"""

import builtins
import dis
import importlib
import io
import json
import os
import sys
import traceback

sys.dont_write_bytecode = True


def observe(root):
    """Note modules handed out by name, files read as text and folders listed, as an execution's trace does."""
    seen = {"handed": set(), "source": set(), "opened": set(), "listed": set()}
    inside = root + os.sep

    def watch(event, arguments):
        if event not in ("open", "os.listdir", "os.scandir") or not isinstance(arguments[0], (str, type(None))):
            return
        if sys._getframe(1).f_code.co_filename.startswith("<frozen importlib"):
            return
        path = os.path.abspath(arguments[0] or ".")
        if event != "open" and (path + os.sep).startswith(inside):
            seen["listed"].add(os.path.relpath(path, root))
        elif path.startswith(inside):
            seen["source" if path.endswith(".py") else "opened"].add(os.path.relpath(path, root))

    def is_outside(frame):
        if not os.path.abspath(frame.f_code.co_filename).startswith(inside):
            return True
        # C code that imports something, `pickle.loads` say, has no frame of its own.
        return dis.opname[frame.f_code.co_code[frame.f_lasti]] != "IMPORT_NAME"

    def handing(original):
        def replacement(name, *arguments, **words):
            module = original(name, *arguments, **words)
            level = words.get("level", arguments[3] if len(arguments) > 3 else 0)
            if not level and is_outside(sys._getframe(1)) and first_party(sys.modules.get(name, module), inside):
                seen["handed"].add(name)
            return module

        return replacement

    sys.addaudithook(watch)
    builtins.__import__ = handing(builtins.__import__)
    importlib.import_module = handing(importlib.import_module)
    return seen


def first_party(module, inside):
    file = getattr(module, "__file__", None)
    return bool(file) and os.path.abspath(file).startswith(inside)


def execute(job):
    root = os.path.realpath(job["root"])
    os.chdir(root)
    sys.path[:0] = [os.path.normpath(os.path.join(root, place)) for place in job["import_roots"]]
    seen = observe(root)
    name, _, attribute = job["use"].partition(":")
    output = io.StringIO()
    sys.stdout = output
    try:
        found = __import__(name, fromlist=["*"])
        for part in attribute.split("."):
            found = getattr(found, part)
        result = repr(found())
    except BaseException as error:  # noqa: BLE001  # whatever a step raises is its result
        result = "failed: " + traceback.format_exception_only(error)[-1]
    inside = root + os.sep
    modules = [module.__file__ for module in list(sys.modules.values()) if first_party(module, inside)]
    seen["modules"] = {os.path.relpath(file, root) for file in modules}
    seen["handed"].discard(name)
    return {"result": result + output.getvalue(), **{key: sorted(value) for key, value in seen.items()}}


def main():
    for job in json.load(sys.stdin):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            outcome = execute(job)
            with os.fdopen(writer, "w") as stream:
                json.dump(outcome, stream)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as stream:
            outcome = json.load(stream)
        os.waitpid(child, 0)
        sys.__stdout__.write(json.dumps({"id": job["id"], **outcome}) + "\n")


if __name__ == "__main__":
    main()
