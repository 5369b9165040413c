"""What is around the steps must give this, worked out by hand."""


def expected(project):
    return {
        "level": 30,
        "mode": ["fast", "north"],
        "listing": {"a.txt": 4, "b.txt": 6},
        "perhaps": "none",
        "linked": "old\n",
        "rows": [("b", 2), ("c", 3)],
        "people": ["Ada", "Ann", "Bob"],
        "notes": "bob.txt",
        "known": ["Ada"],
        "place": [True, True, ["tool.sh"]],
    }
