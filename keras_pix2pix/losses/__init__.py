"""What the two networks minimize: the objectives of the GAN, and terms that are added to them."""
