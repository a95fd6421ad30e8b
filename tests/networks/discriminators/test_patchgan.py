"""PatchDiscriminator: what a logit sees, and what it does not."""

import numpy as np
import pytest
from checks import check_network, instance_norm, noise, randomize, run

import keras_pix2pix as kp
from keras_pix2pix.networks.spectral import SpectralConv2D

HALVINGS = {1: 0, 16: 1, 34: 2, 70: 3, 142: 4, 286: 5}


def patch(**arguments):
    return kp.PatchDiscriminator(**{"receptive_field": 16, "filters": 2, **arguments})


CASES = {
    "conditional": (
        {
            "condition_shape": (None, None, 1),
            "target_shape": (None, None, 2),
            "receptive_field": 34,
            "filters": 3,
            "normalization": "batch",
            "name": "mine",
        },
        [noise(2, 16, 24, 1), noise(2, 16, 24, 2, seed=1)],
    ),
    "unconditional, fixed size": (
        {
            "condition_shape": None,
            "target_shape": (16, 8, 1),
            "receptive_field": 16,
            "filters": 2,
            "normalization": instance_norm(),
        },
        noise(2, 16, 8, 1),
    ),
    "spectral": (
        {"receptive_field": 16, "filters": 2, "normalization": "group", "spectral": True},
        [noise(2, 16, 12, 3), noise(2, 16, 12, 3, seed=1)],
    ),
    "pixel": (
        {"receptive_field": 1, "filters": 4, "normalization": "group"},
        [noise(2, 3, 4, 3), noise(2, 3, 4, 3, seed=1)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_config_shape_file_and_precision(name, tmp_path):
    arguments, inputs = CASES[name]
    check_network(kp.PatchDiscriminator, arguments, inputs, tmp_path)


def test_config_keeps_every_argument():
    arguments = {
        "condition_shape": (None, None, 4),
        "target_shape": (32, None, 1),
        "receptive_field": 34,
        "filters": 3,
        "normalization": None,
        "spectral": True,
        "name": "mine",
        "trainable": False,
    }
    config = patch(**arguments).get_config()
    assert {name: config[name] for name in arguments} == arguments
    assert config.keys() - arguments.keys() == {"dtype"}
    assert not patch(**arguments).trainable_variables


@pytest.mark.parametrize("receptive_field", HALVINGS)
def test_a_logit_sees_exactly_its_receptive_field(receptive_field):
    halvings = HALVINGS[receptive_field]
    network = patch(
        condition_shape=(None, None, 1),
        target_shape=(None, None, 1),
        receptive_field=receptive_field,
        normalization=None,
    )
    # Positive kernels and no offset: a black image gives 0, and a white pixel more, if it is seen.
    for variable in network.weights:
        value = np.float32(0.1 if "kernel" in variable.path else 0)
        variable.assign(np.full(variable.shape, value))
    stride = 2**halvings
    rows = 4 + receptive_field // stride
    size = rows * stride
    middle = rows // 2
    # Each convolution adds a pixel of zeros around; those behind the halvings count for `stride`.
    first = stride * middle - (stride - 1 + 2 * stride if halvings else 0)
    last = first + receptive_field - 1
    assert 0 < first <= last < size - 1

    outside = np.ones((1, size, size, 1), "float32")
    outside[:, first : last + 1, first : last + 1] = 0
    black = np.zeros((5, size, size, 1), "float32")
    edges = black.copy()
    center = (first + last) // 2
    corners = [(first, first), (last, last), (first, last), (last, first), (center, first)]
    for image, (row, column) in zip(edges, corners, strict=True):
        image[row, column] = 1
    batch = np.concatenate([outside, edges])
    nothing = np.zeros_like(batch)
    for pair in ([batch, nothing], [nothing, batch]):
        logits = network.predict_on_batch(pair)[:, middle, middle, 0]
        assert logits[0] == 0
        assert (logits[1:] > 0).all()


def test_what_lies_outside_changes_no_bit_of_a_logit():
    network = patch(receptive_field=70, normalization=None)
    randomize(network)
    condition, image = noise(1, 128, 128, 3), noise(1, 128, 128, 3, seed=1)
    # The logit in the middle of 14 sees 7 * 8 - 23 = 33 to 102.
    other = noise(1, 128, 128, 3, seed=2)
    other[:, 33:103, 33:103] = image[:, 33:103, 33:103]
    here = run(network, [condition, image])
    there = run(network, [condition, other])
    assert here.shape == (1, 14, 14, 1)
    assert here[0, 7, 7, 0] == there[0, 7, 7, 0]
    assert (here != there).sum() == 14 * 14 - 1


def test_30_x_30_logits_for_256_pixels():
    network = patch(receptive_field=70)
    image = noise(1, 256, 256, 3)
    assert run(network, [image, image]).shape == (1, 30, 30, 1)
    fixed = patch(condition_shape=(256, 256, 3), target_shape=(256, 256, 3), receptive_field=70)
    assert fixed.output_shape == (None, 30, 30, 1)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"receptive_field": 70, "normalization": "batch"}, 2_768_705),
        ({"receptive_field": 1, "normalization": "batch"}, 9_024),
    ],
    ids=["basic", "pixel"],
)
def test_parameters_are_the_references(arguments, expected):
    network = kp.PatchDiscriminator(**arguments)
    assert sum(int(np.prod(v.shape)) for v in network.trainable_variables) == expected


@pytest.mark.parametrize(
    ("receptive_field", "filters"),
    [
        (1, [2, 4, 1]),
        (16, [2, 4, 1]),
        (34, [2, 4, 8, 1]),
        (70, [2, 4, 8, 16, 1]),
        (142, [2, 4, 8, 16, 16, 1]),
        (286, [2, 4, 8, 16, 16, 16, 1]),
    ],
)
def test_channels_double_up_to_eight_times(receptive_field, filters):
    blocks = [
        b for b in patch(receptive_field=receptive_field).layers if isinstance(b, kp.ConvBlock)
    ]
    assert [block.filters for block in blocks] == filters
    # Neither the first nor the last is normalized.
    normalized = [block.normalization is not None for block in blocks]
    assert normalized == [False, *[True] * (len(blocks) - 2), False]
    activations = [block.get_config()["activation"] for block in blocks]
    assert activations == ["leaky_relu"] * (len(blocks) - 1) + ["linear"]


def test_every_convolution_is_spectral_or_none():
    for spectral in (True, False):
        blocks = [b for b in patch(spectral=spectral).layers if isinstance(b, kp.ConvBlock)]
        assert [isinstance(b.convolution, SpectralConv2D) for b in blocks] == [spectral] * 3


def test_both_images_of_a_pair_count():
    network = patch()
    randomize(network)
    one, other = noise(1, 16, 16, 3), noise(1, 16, 16, 3, seed=1)
    logits = run(network, [one, one])
    assert not np.allclose(run(network, [other, one]), logits)
    assert not np.allclose(run(network, [one, other]), logits)


def test_without_a_condition_it_takes_one_image():
    network = patch(condition_shape=None, target_shape=(None, None, 1))
    assert len(network.inputs) == 1
    assert run(network, noise(2, 16, 20, 1)).shape == (2, 6, 8, 1)


@pytest.mark.parametrize("normalization", ["instance", "batch", "group", None])
def test_inference_is_deterministic_and_independent_of_the_batch(normalization):
    network = patch(normalization=normalization)
    randomize(network)
    pair = [noise(3, 16, 16, 3), noise(3, 16, 16, 3, seed=1)]
    logits = run(network, pair)
    np.testing.assert_array_equal(run(network, pair), logits)
    np.testing.assert_allclose(run(network, [x[:1] for x in pair]), logits[:1], atol=1e-5)


@pytest.mark.parametrize("receptive_field", HALVINGS)
def test_the_least_size_is_one_logit_and_one_pixel_less_is_refused(receptive_field):
    stride = 2 ** HALVINGS[receptive_field]
    least = 2 * stride + 1 if stride > 1 else 1
    shape = (least, least, 3)
    network = patch(condition_shape=shape, target_shape=shape, receptive_field=receptive_field)
    assert network.output_shape == (None, 1, 1, 1)
    if least == 1:
        return
    message = f"at least {least} x {least} pixels. Received: {least} x {least - 1}. .*smaller"
    small = (least, least - 1, 3)
    for shapes in ((small, small), (None, small), (small, (None, None, 3))):
        with pytest.raises(ValueError, match=message):
            patch(
                condition_shape=shapes[0], target_shape=shapes[1], receptive_field=receptive_field
            )
    image = noise(1, *small)
    with pytest.raises(ValueError, match=message):
        patch(receptive_field=receptive_field)([image, image])


@pytest.mark.parametrize("wrong", [0, 3, 71, None, "70"])
def test_unknown_receptive_field(wrong):
    message = f"must be one of 1, 16, 34, 70, 142, 286. Received: receptive_field={wrong}"
    with pytest.raises(ValueError, match=message):
        patch(receptive_field=wrong)


def test_unknown_normalization():
    with pytest.raises(ValueError, match="'instance', 'batch', 'group', None or a Keras layer"):
        patch(normalization="spectral")


def test_images_of_different_sizes():
    with pytest.raises(ValueError, match="matching shapes"):
        patch(condition_shape=(16, 16, 3), target_shape=(16, 32, 3))


def test_one_image_in_the_place_of_a_pair():
    with pytest.raises(ValueError, match="2 named input"):
        patch()(noise(1, 16, 16, 3))


@pytest.mark.parametrize(
    "network", [kp.PatchDiscriminator, kp.MultiScaleDiscriminator, kp.ProjectedDiscriminator]
)
def test_an_unknown_argument_is_refused(network):
    with pytest.raises(TypeError, match="unexpected keyword argument 'filter'"):
        network(filter=3)
