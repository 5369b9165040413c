"""Proof: executing again from a run ID, comparing what came of it, and saying how two runs differ."""
