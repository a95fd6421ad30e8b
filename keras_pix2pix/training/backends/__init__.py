"""How gradients are taken, a file for each backend."""
