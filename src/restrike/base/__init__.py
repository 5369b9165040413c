"""The ground floor: canonical documents, digests, errors, atomic files and child processes.

Part of the engine: standard library only, Python 3.10 and later.
"""
