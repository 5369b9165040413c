from restrike.environment import Mismatch
from restrike.verification.rebuilt import told


def test_what_was_changed_by_hand_then_is_told_apart_from_what_is_another_build_now() -> None:
    then = [
        {"name": "six", "version": "1.17.0", "tampered": ["six.py"]},
        {"name": "click", "version": "8.1.8", "tampered": []},
    ]
    mismatches = [Mismatch("click", "8.1.8", None, "it is not installed"), Mismatch("six", "1.17.0", "1.17.0", "other")]
    assert told(mismatches, then) == (
        "click: it is not installed",
        "'six' was changed by hand when the run was made: six.py; reinstall it and run again",
    )
