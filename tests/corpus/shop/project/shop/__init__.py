"""Orders of a small shop, from the file to the report."""
