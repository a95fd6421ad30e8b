"""What a training refuses: options, data, sizes; and what is watched while it runs."""
