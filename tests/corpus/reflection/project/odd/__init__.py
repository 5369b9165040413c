"""Code that looks at code."""
