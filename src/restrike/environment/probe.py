"""What an interpreter says about itself, as one JSON document on standard output.

Run as `python -I -S probe.py` by the interpreter in question, so it may import nothing but the standard library, and
is written so that even a Python too old to execute steps can say its version.
"""

import json
import os
import platform
import site
import sys
import sysconfig


def _venv(executable: "str") -> "tuple[str, dict[str, str]] | None":
    """Return the folder and the settings of the virtual environment that an executable belongs to, or None."""
    for folder in (os.path.dirname(executable), os.path.dirname(os.path.dirname(executable))):
        path = os.path.join(folder, "pyvenv.cfg")
        if os.path.isfile(path):
            with open(path, "rb") as stream:
                lines = stream.read().decode("utf-8", "replace").splitlines()
            pairs = (line.split("=", 1) for line in lines if "=" in line)
            return folder, {key.strip().lower(): value.strip() for key, value in pairs}
    return None


def _libc() -> "str":
    try:
        name = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, OSError, ValueError):
        name = None
    return name or " ".join(platform.libc_ver()).strip() or "unknown"


def _facts() -> "dict[str, object]":
    # Without site, sys.prefix is the base prefix before Python 3.14; the folder of pyvenv.cfg is right in all.
    executable = os.path.abspath(sys.executable)
    base = [sys.base_prefix, sys.base_exec_prefix]
    venv = _venv(executable)
    stdlib = sysconfig.get_paths()["stdlib"]
    if venv is None:
        prefix, prefixes, sites = sys.base_prefix, base, []
    else:
        prefix = venv[0]
        prefixes = [prefix] + (base if venv[1].get("include-system-site-packages", "").lower() == "true" else [])
        # Without site, Debian's Python takes a venv for the system and names dist-packages.
        sites = [os.path.join(prefix, "lib", os.path.basename(stdlib), "site-packages")]
    library = os.path.join(sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("INSTSONAME") or "")
    return {
        "executable": executable,
        "prefix": prefix,
        "base_prefix": sys.base_prefix,
        "venv": venv is not None,
        "site_packages": list(dict.fromkeys(sites + site.getsitepackages(prefixes))),
        "stdlib": stdlib,
        "libpython": library if sysconfig.get_config_var("Py_ENABLE_SHARED") and os.path.exists(library) else None,
        "implementation": sys.implementation.name,
        "python": platform.python_version(),
        "soabi": sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag,
        "cache_tag": sys.implementation.cache_tag,
        "os": platform.system().lower(),
        "arch": platform.machine(),
        "libc": _libc(),
        "build": sys.version,
    }


if __name__ == "__main__":
    if sys.version_info < (3, 10):  # noqa: UP036  # whose Python runs this is not known yet
        print(json.dumps({"python": platform.python_version()}))
    else:
        print(json.dumps(_facts()))
