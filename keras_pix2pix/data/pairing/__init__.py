"""Find the images that form pairs, and choose the pairs that are held out."""
