"""Conditions by name, and the command that writes pairs, or parts of them, as files."""
