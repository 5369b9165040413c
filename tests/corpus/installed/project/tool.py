import sys

from lower import base

with open(sys.argv[1], "w") as stream:
    stream.write(f"{base(4)}\n")
