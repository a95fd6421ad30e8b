"""Feed pairs to `fit`: read, augment, order and batch them."""
