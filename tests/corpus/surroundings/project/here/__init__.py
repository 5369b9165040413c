"""Steps and what is around them."""
