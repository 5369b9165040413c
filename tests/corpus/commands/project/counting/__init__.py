"""Counting lines."""
