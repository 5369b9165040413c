"""Steps that use what is installed."""
