"""Read and write one image file, and give its values a meaning."""
