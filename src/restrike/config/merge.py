"""One tree laid over another: what `extends` means, and which `params` a new component keeps."""

from __future__ import annotations

from restrike.config.tree import Node

_OF_USE = ("use", "params")  # what a step loses when the file above turns it into a command, and the reverse
_OF_RUN = ("run", "shell")


def over(base: Node, top: Node) -> Node:
    """Return base with top laid over it: mappings merge key by key, anything else is replaced."""
    if not (isinstance(base.value, dict) and isinstance(top.value, dict)):
        return top
    kept = {key: node for key, node in base.value.items() if key not in replaced(base, top)}
    merged = {key: over(node, top.value[key]) if key in top.value else node for key, node in kept.items()}
    added = {key: node for key, node in top.value.items() if key not in merged}
    return Node({**merged, **added}, top.place, top.key)


def replaced(base: Node, top: Node) -> set[str]:
    """Return the keys of a component that do not outlive a change of what it is."""
    if "run" in top.value and "use" in base.value:
        return set(_OF_USE)
    if "use" not in top.value:
        return set()
    if "run" in base.value:
        return set(_OF_RUN)
    before = base.value.get("use")
    return {"params"} if before is not None and before.plain() != top.value["use"].plain() else set()
