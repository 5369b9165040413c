"""Count the mistakes in a table of scores: `python summarise.py SCORES OUT`."""

import json
import sys

import pyarrow.ipc


def main(scores: str, out: str) -> None:
    with pyarrow.ipc.open_file(scores) as reader:
        table = reader.read_all()
    pairs = list(zip(table["label"].to_pylist(), table["prediction"].to_pylist(), strict=True))
    summary = {
        "messages": len(pairs),
        "ham taken for spam": sum(pair == ("ham", "spam") for pair in pairs),
        "spam let through": sum(pair == ("spam", "ham") for pair in pairs),
    }
    with open(out, "w") as file:
        json.dump(summary, file)
    print(", ".join(f"{count} {what}" for what, count in summary.items()))


if __name__ == "__main__":
    main(*sys.argv[1:])
