"""Small mathematics."""
