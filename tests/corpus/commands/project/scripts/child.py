"""Started by a step, as a process of its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from counting.words import longest

print(longest(sys.stdin.read().split()))
