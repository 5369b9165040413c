"""Plug-ins that are installed."""
