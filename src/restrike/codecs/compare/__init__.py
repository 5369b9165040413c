"""Where two artifacts part: the first differing value, row, line or byte, and by how much."""
