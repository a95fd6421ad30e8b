"""How pairs become batches: read, augmented, ordered, cached, read ahead."""
