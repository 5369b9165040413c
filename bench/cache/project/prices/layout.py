"""How the file of sales is laid out."""

COLUMN = "sold"
