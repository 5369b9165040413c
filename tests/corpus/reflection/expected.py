"""What code that looks at code must give, worked out by hand; what is drawn, from the step's seed."""

import hashlib
import random


def expected(project):
    digest = hashlib.sha256(b"restrike-seed/1\0" + b"2" + b"\0draw").digest()
    generator = random.Random(int.from_bytes(digest[:4], "big"))
    drawn = [generator.randint(1, 9) for _ in range(4)]
    return {
        "draw": drawn,
        "text": {"size": len("def shown():\n    return 1\n"), "numbers": drawn},
        "lines": [4, "hidden"],
        "table": [2 * number + 3 for number in drawn],
        "made": [6 * number for number in drawn],
        "chain": {"sum": sum(number**2 for number in drawn), "log": ["begin", "end"], "order": ["shrink", "grow"]},
        "meta": {"children": ["Child"], "names": ["first", "second"], "kind": "plain"},
        "hints": {"doc": "The area of a circle.", "hints": {"radius": "float", "label": "str"}, "defaults": [2]},
    }
