"""What is put in place in a process that is observed: who watches clocks, chance, variables, files and imports.

Runs in a step's own process and in every Python that it starts, as `trace` does, and is as light.
Specified in docs/design/trace.md.
"""
