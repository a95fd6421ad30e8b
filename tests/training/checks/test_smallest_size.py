"""Pictures of which a discriminator sees nothing are refused, by name."""

import keras
import numpy as np
import pytest

import keras_pix2pix as kp
from keras_pix2pix.training.checks.smallest_size import check_judged


@pytest.mark.parametrize("receptive_field, needed", [(1, 1), (16, 5), (34, 9), (70, 17), (142, 33)])
def test_the_smallest_picture_is_the_smallest_that_gives_logits(receptive_field, needed):
    discriminator = kp.PatchDiscriminator(receptive_field=receptive_field, filters=2)
    check_judged(discriminator, (needed, 300), "a.png")
    if needed > 1:
        expected = f"at least {needed} x {needed} pixels.*a[.]png of {needed - 1} x 300"
        with pytest.raises(ValueError, match=expected):
            check_judged(discriminator, (needed - 1, 300), "a.png")


def test_fit_names_the_pair_that_is_too_small(tiny):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (side, side, 3), "uint8") for side in (16, 4, 16)]
    targets = [image[::-1] for image in images]
    model = tiny()
    model.compile()
    with pytest.raises(ValueError, match=r"at least 5 x 5 pixels.*condition 1 and target 1 of 4"):
        model.fit(kp.data.PairDataset(images, targets), verbose=0)
    # What was found out about all pairs is not said of some.
    some = kp.data.PairDataset(images, targets)
    assert some.checked.smallest == (4, 4)
    assert some.subset([0, 2]).checked.smallest == (16, 16)
    # Scaled, or without a discriminator, it is large enough.
    dataset = kp.data.PairDataset(images, targets, image_size=8)
    check_judged(model.discriminator, *dataset.checked[:2])
    model.compile(adversarial_loss=None, run_eagerly=True)
    model.fit(kp.data.PairDataset(images, targets), verbose=0)


def test_a_discriminator_of_ones_own_needs_a_size_too():
    image = keras.Input((None, None, 3))
    valid = keras.layers.Conv2D(1, 4)(keras.layers.Conv2D(2, 4)(image))
    with pytest.raises(ValueError, match="at least 7 x 7 pixels"):
        check_judged(keras.Model(image, valid), (6, 9), "a.png")
    check_judged(keras.Model(image, valid), (7, 9), "a.png")
    pooled = keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(image))
    check_judged(keras.Model(image, pooled), (1, 1), "a.png")
    scales = [keras.layers.Conv2D(1, 4)(image), keras.layers.AveragePooling2D(4)(image)]
    with pytest.raises(ValueError, match="at least 4 x 4 pixels"):
        check_judged(keras.Model(image, scales), (3, 9), "a.png")
