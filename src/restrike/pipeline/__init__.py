"""What is declared: steps, what flows between them, and the seeds that follow from their names.

Part of the engine: standard library only, Python 3.10 and later.
"""
