"""The discriminators: networks from a pair to logits."""
