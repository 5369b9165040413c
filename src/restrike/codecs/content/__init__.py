"""The content digest: what a value is, whatever bytes it happens to be stored as.

Specified in docs/design/content-digest.md. Part of the engine: standard library only at import, Python 3.10 and later.
"""
