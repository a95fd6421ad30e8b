"""The pairs and the models that the options of a command name."""
