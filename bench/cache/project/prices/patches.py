"""Replaces a function of another module when it is imported."""

from prices import patched


def _surcharge() -> int:
    return 79


patched.surcharge = _surcharge
