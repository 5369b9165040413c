"""Write the report that is sent out."""

import json
import sys

from tools.layout import line


def main(source, target):
    with open(source) as stream:
        sums = json.load(stream)
    with open(target, "w") as stream:
        stream.writelines(line(name, value) for name, value in sums.items())


if __name__ == "__main__":
    main(*sys.argv[1:])
