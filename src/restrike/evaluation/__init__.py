"""How good a model is: metrics, their intervals, slices, comparisons with another model, and gates.

Pure: values in, values out. Part of the engine: Python 3.10 and later, the standard library alone at import time.
"""
