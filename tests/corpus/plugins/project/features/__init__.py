"""Each file here is a feature."""
