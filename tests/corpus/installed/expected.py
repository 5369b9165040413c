"""What the installed packages must give, worked out by hand."""


def expected(project):
    return {
        "used": 13,
        "chained": 51,
        "optional": 3,
        "asked": {"tiny": "1.0", "absent": None},
        "plain": 26,
        "started": False,
        "command.text": "40\n",
    }
