"""What the pipeline of messages must give: a shuffle by the step's seed, and counts with regular expressions."""

import hashlib
import random
import re


def expected(project):
    digest = hashlib.sha256(b"restrike-seed/1\0" + b"5" + b"\0split").digest()
    lines = (project / "data" / "messages.tsv").read_text().splitlines()
    random.Random(int.from_bytes(digest[:4], "big")).shuffle(lines)
    train = lines[:63]
    text = "\n".join(line.split("\t", 1)[1].lower() for line in train)
    words = re.findall(r"[a-z]{4,}", text)
    counts = sorted((-words.count(word), word) for word in set(words))[:5]
    return {"words": [(word, -count) for count, word in counts], "split.train": [line.split("\t", 1) for line in train]}
