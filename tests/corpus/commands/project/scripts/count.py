"""Count levels. Usage: count.py --top N SOURCE TARGET"""

import argparse
import json

import levels


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--top", type=int, default=1)
    parser.add_argument("source")
    parser.add_argument("target")
    chosen = parser.parse_args()
    with open(chosen.source) as stream:
        counts = levels.count(stream)
    with open(chosen.target, "w") as stream:
        json.dump(dict(counts[: chosen.top]), stream)


def spare():
    return "not used"


if __name__ == "__main__":
    main()
