"""What runs inside the seal: the zygote, the step processes forked from it, and what they do for a step.

Part of the engine: standard library only at import, Python 3.10 and later.
"""
