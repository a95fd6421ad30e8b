"""How a trained model is used: pictures from images, files and tiles, and held-out scores."""
