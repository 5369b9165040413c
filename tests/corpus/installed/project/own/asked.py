from importlib.metadata import PackageNotFoundError, version


def versions():
    return {name: _version(name) for name in ("tiny", "absent")}


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
