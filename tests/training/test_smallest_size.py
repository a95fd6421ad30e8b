"""Pictures of which a discriminator sees nothing are refused, by name."""

import numpy as np
import pytest

import keras_pix2pix as kp
from keras_pix2pix.training.smallest_size import refuse_too_small


@pytest.mark.parametrize("receptive_field, needed", [(1, 1), (16, 5), (34, 9), (70, 17), (142, 33)])
def test_the_smallest_picture_is_the_smallest_that_gives_logits(receptive_field, needed):
    discriminator = kp.PatchDiscriminator(receptive_field=receptive_field, filters=2)
    refuse_too_small((needed, 300), "a.png", discriminator)
    if needed > 1:
        with pytest.raises(ValueError, match=f"at least {needed} pixels.*width 300 in a[.]png"):
            refuse_too_small((needed - 1, 300), "a.png", discriminator)


def test_fit_names_the_pair_that_is_too_small(tiny):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (side, side, 3), "uint8") for side in (16, 4, 16)]
    targets = [image[::-1] for image in images]
    model = tiny()
    model.compile()
    with pytest.raises(ValueError, match=r"at least 5 pixels.*condition 1 and target 1"):
        model.fit(kp.data.PairDataset(images, targets), verbose=0)
    # Scaled, or without a discriminator, it is large enough.
    dataset = kp.data.PairDataset(images, targets, image_size=8)
    dataset.check()
    refuse_too_small(*dataset.smallest, model.discriminator)
    model.compile(adversarial_loss=None, run_eagerly=True)
    model.fit(kp.data.PairDataset(images, targets), verbose=0)
