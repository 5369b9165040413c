"""Found by listing the folder."""

VALUE = 97
