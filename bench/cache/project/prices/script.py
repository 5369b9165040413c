"""A program of its own."""

print(89)
