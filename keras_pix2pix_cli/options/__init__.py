"""The options of all commands, and what is refused before anything slow is imported."""
