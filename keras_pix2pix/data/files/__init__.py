"""What one file holds: reading and writing images, and what their values mean."""
