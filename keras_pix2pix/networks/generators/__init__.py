"""The generators: networks from a condition to a picture."""
