"""Remove what is old; no step uses it."""

DAYS = 30
