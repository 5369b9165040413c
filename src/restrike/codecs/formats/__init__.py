"""The formats artifacts are kept in, one module each: what a value becomes on disk, and the way back."""
