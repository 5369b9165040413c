"""What is written down: recipes, runs, verdicts; the ledger that keeps them and the index that finds them.

The only room that composes the snapshots of the four aspects. Formats: docs/design/records.md.
"""
