"""Prices of last year; nothing imports them."""

OLD = 1
