"""Numbers that the accountants gave."""

HANDLING = 1.5
SMALL = 10
UNUSED = 7
