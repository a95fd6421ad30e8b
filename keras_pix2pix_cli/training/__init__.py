"""A training in a folder: its settings, its files, and what it prints."""
