"""Compute conditions from the pictures that are the targets: edges, gray, holes, noise."""
