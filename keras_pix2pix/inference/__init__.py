"""Use a trained model: pictures from images, folders and tiles, and held-out scores."""
