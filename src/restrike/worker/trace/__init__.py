"""What a step was seen to use, whichever of its processes used it: what is kept of it and how it is told.

All of this also runs in the Pythons that a step starts, where each module that is imported delays somebody's program:
so nothing here imports at its top what a bare Python does not have anyway, `typing` included.
Specified in docs/design/trace.md.
"""
