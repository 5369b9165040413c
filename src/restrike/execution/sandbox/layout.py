"""What the seal's root holds: the machine's libraries, the environment, the engine, and little else."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from restrike.execution.sandbox.work import Disguise, Mount, Network, Seal, Work
from restrike.worker import seal as places

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
# Read by lscpu, loky, OpenBLAS and torch to count cores; absent, they warn or guess.
MACHINE = ("/sys/devices/system/cpu", "/sys/devices/system/node")
DEVICES = ("null", "zero", "full", "random", "urandom")
# Of graphics processors, where there are some: their devices, and where their libraries read which ones there are.
GRAPHICS = ("/dev/nvidia*", "/dev/dri", "/dev/kfd")
GRAPHICS_FACTS = ("/sys/bus/pci", "/sys/devices/pci*", "/sys/class/drm", "/sys/class/kfd", "/sys/devices/virtual/kfd")
# What libraries and programs are found through. Certificates and name service only matter with a network.
SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives")
HOSTS_SETTINGS = ("/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/services", "/etc/protocols")
NETWORK_SETTINGS = ("/etc/resolv.conf", *HOSTS_SETTINGS)  # where hosts are named, the proxy looks their addresses up
_OF_NETWORK: dict[Network, tuple[str, ...]] = {"none": (), "hosts": HOSTS_SETTINGS, "all": NETWORK_SETTINGS}
# Places under a system folder where people keep work of their own.
MASKED = ("/usr/src", "/usr/local/src")
ETC = {
    "/etc/passwd": "{user}:x:0:0:{user}:{home}:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "/etc/group": "{user}:x:0:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost restrike\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
OWN = ("/proc", "/dev", "/sys", "/tmp", "/etc", places.INPUTS, places.OUTPUTS, places.ENGINE)


def of_seal(seal: Seal, *, network: Network) -> list[dict[str, Any]]:
    """Return the layout of the root that a zygote, and every step forked from it, has."""
    binds = [_bind(Mount(Path(path), path)) for path in (*SYSTEM, *MACHINE) if _is_real(path)]
    links = [{"link": os.readlink(path), "at": path} for path in SYSTEM if os.path.islink(path)]
    binds += [_bind(mount) for mount in seal.environment]
    binds += [_bind(Mount(seal.engine, places.ENGINE)), _bind(Mount(seal.code, places.CODE))]
    binds = ordered(binds)
    return [*links, *binds, *_masks(seal, binds), *_etc(network, seal.disguise), *_devices()]


def of_work(work: Work) -> list[dict[str, Any]]:
    """Return what a step's own root has beside its zygote's: inputs, data, outputs."""
    own = ordered([*(_bind(mount) for mount in work.mounts), _bind(Mount(work.outputs, places.OUTPUTS, writable=True))])
    return [{"folder": 0o755, "at": places.INPUTS}, *own]


def ordered(binds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return mounts in an order in which none hides another: parents first, each target and source once."""
    result: list[dict[str, Any]] = []
    for entry in sorted(binds, key=lambda entry: (entry["at"].rstrip("/").count("/"), entry["at"])):
        nearest = next((other for other in reversed(result) if (entry["at"] + "/").startswith(other["at"] + "/")), None)
        if nearest is None or not _covers(nearest, entry):
            result.append(entry)
    return result


def unwatched(seal: Seal) -> list[str]:
    """Return the folders in which look-ups are not worth telling: everything that is the same for every step."""
    return [*SYSTEM, *OWN, *(os.path.normpath(mount.target) for mount in seal.environment)]


def interpreter(seal: Seal) -> str:
    """Return the path of the interpreter inside the seal: below /env where that holds it."""
    path = os.path.abspath(seal.interpreter)
    for mount in sorted(seal.environment, key=lambda mount: mount.target != "/env"):
        for prefix in (os.path.abspath(mount.source), os.path.realpath(mount.source)):
            if path.startswith(prefix + "/"):
                return os.path.join(mount.target, os.path.relpath(path, prefix))
    return path


def graphics(root: str = "") -> list[str]:
    """Return the devices of graphics processors and what tells of them; nothing where there are none."""
    devices = _there(root, GRAPHICS)
    return [*devices, *_there(root, GRAPHICS_FACTS)] if devices else []


def _there(root: str, patterns: Iterable[str]) -> list[str]:
    return sorted(path[len(root) :] for pattern in patterns for path in glob.glob(root + pattern))


def _is_real(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _bind(mount: Mount) -> dict[str, Any]:
    target = os.path.normpath(mount.target)
    return {"bind": os.path.realpath(mount.source), "at": target, "writable": mount.writable}


def _covers(outer: dict[str, Any], inner: dict[str, Any]) -> bool:
    """Say whether a mount already shows, at the same place and with the same right, what another would."""
    if outer["writable"] != inner["writable"]:
        return False
    return bool(outer["bind"] + inner["at"][len(outer["at"]) :] == inner["bind"])


def _masks(seal: Seal, binds: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    wanted = {*MASKED, *(os.path.realpath(path) for path in seal.hidden)}
    shown = [entry["at"] for entry in binds]
    for path in sorted(wanted):
        under_system = any(path.startswith(folder + "/") for folder in SYSTEM)
        if under_system and os.path.isdir(path) and not any(place.startswith(path + "/") for place in shown):
            yield {"empty": True, "at": path}


def _etc(network: Network, disguise: Disguise) -> Iterable[dict[str, Any]]:
    for path, text in ETC.items():
        yield {"file": text.replace("{user}", disguise.user).replace("{home}", disguise.home), "at": path}
    if os.path.exists("/usr/share/zoneinfo/UTC"):
        yield {"link": "/usr/share/zoneinfo/UTC", "at": "/etc/localtime"}
    for path in (*SETTINGS, *_OF_NETWORK[network]):
        if os.path.exists(path):
            yield {"bind": os.path.realpath(path), "at": path, "writable": False}


def _devices() -> Iterable[dict[str, Any]]:
    yield {"folder": 0o755, "at": "/dev"}
    for name in DEVICES:
        yield {"bind": f"/dev/{name}", "at": f"/dev/{name}", "writable": False}
    for path in graphics():
        yield {"bind": path, "at": path, "writable": False}
    yield {"folder": 0o755, "at": "/dev/shm"}
    for name, target in (("fd", "self/fd"), ("stdin", "self/fd/0"), ("stdout", "self/fd/1"), ("stderr", "self/fd/2")):
        yield {"link": f"/proc/{target}", "at": f"/dev/{name}"}
