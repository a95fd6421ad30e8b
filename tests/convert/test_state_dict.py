"""The names of weights in PyTorch, and networks that PyTorch builds of the same layers."""

import numpy as np
import pytest
import torch
from checks import (
    from_pytorch,
    instance_norm,
    noise,
    randomize,
    run,
    to_pytorch,
)
from torch import nn

import keras_pix2pix as kp
from keras_pix2pix.convert import load_pytorch, save_pytorch

NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def unet(**arguments):
    return kp.UNetGenerator(
        **{"depth": 3, "filters": 4, "normalization": "batch", "dropout": 0.0, **arguments}
    )


def resnet(**arguments):
    return kp.ResNetGenerator(
        **{"blocks": 1, "filters": 4, "normalization": instance_norm(), **arguments}
    )


def patch(**arguments):
    return kp.PatchDiscriminator(
        **{"receptive_field": 16, "filters": 4, "normalization": "batch", **arguments}
    )


def names(*layers):
    """`"model.1 weight bias"` as `model.1.weight` and `model.1.bias`; "norm" as all of NORM."""
    parts = [layer.replace("norm", " ".join(NORM)).split() for layer in layers]
    return [f"{part[0]}.{tensor}" for part in parts for tensor in part[1:]]


UNET = "model.model"
KEYS = {
    "unet, batch": (
        lambda: unet(),
        names(
            f"{UNET}.0 weight",
            f"{UNET}.1.model.1 weight",
            f"{UNET}.1.model.2 norm",
            f"{UNET}.1.model.3.model.1 weight",
            f"{UNET}.1.model.3.model.3 weight",
            f"{UNET}.1.model.3.model.4 norm",
            f"{UNET}.1.model.5 weight",
            f"{UNET}.1.model.6 norm",
            f"{UNET}.3 weight bias",
        ),
    ),
    "unet, instance": (
        lambda: unet(normalization=instance_norm()),
        names(
            f"{UNET}.0 weight bias",
            f"{UNET}.1.model.1 weight bias",
            f"{UNET}.1.model.3.model.1 weight bias",
            f"{UNET}.1.model.3.model.3 weight bias",
            f"{UNET}.1.model.5 weight bias",
            f"{UNET}.3 weight bias",
        ),
    ),
    "resnet": (
        lambda: resnet(),
        names(
            *(f"model.{n} weight bias" for n in (1, 4, 7)),
            *(f"model.10.conv_block.{n} weight bias" for n in (1, 5)),
            *(f"model.{n} weight bias" for n in (11, 14, 18)),
        ),
    ),
    "resnet, dropout, batch": (
        lambda: resnet(dropout=0.5, normalization="batch"),
        names(
            *(f"model.{n}" for n in ("1 weight", "2 norm", "4 weight", "5 norm")),
            *(f"model.{n}" for n in ("7 weight", "8 norm")),
            *(f"model.10.conv_block.{n}" for n in ("1 weight", "2 norm", "6 weight", "7 norm")),
            *(f"model.{n}" for n in ("11 weight", "12 norm", "14 weight", "15 norm")),
            "model.18 weight bias",
        ),
    ),
    "patch, two halvings": (
        lambda: patch(receptive_field=34),
        names(
            *(f"model.{n}" for n in ("0 weight bias", "2 weight", "3 norm", "5 weight", "6 norm")),
            "model.8 weight bias",
        ),
    ),
    "patch, instance": (
        lambda: patch(normalization=instance_norm()),
        names(*(f"model.{n} weight bias" for n in (0, 2, 5))),
    ),
    "patch, none": (
        lambda: patch(receptive_field=34, normalization=None),
        names(*(f"model.{n} weight bias" for n in (0, 2, 5, 8))),
    ),
    "pixel": (
        lambda: patch(receptive_field=1),
        names("net.0 weight bias", "net.2 weight", "net.3 norm", "net.5 weight"),
    ),
}


@pytest.mark.parametrize("name", KEYS)
def test_names_are_the_references_and_weights_come_back(name, tmp_path):
    make, expected = KEYS[name]
    network, again = make(), make()
    randomize(network)
    save_pytorch(network, tmp_path / "net.pth")
    tensors = torch.load(tmp_path / "net.pth")
    assert list(tensors) == expected
    for key, tensor in tensors.items():
        counts = key.endswith("num_batches_tracked")
        assert tensor.dtype == (torch.int64 if counts else torch.float32)
    load_pytorch(tmp_path / "net.pth", again)
    for one, other in zip(again.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


class SkipLevel(nn.Module):
    """A level of the U-Net: its input beside what the levels below make of it."""

    def __init__(self, *layers):
        super().__init__()
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return torch.cat([x, self.model(x)], 1)


class Wrapped(nn.Module):
    """A network whose layers are in one attribute."""

    def __init__(self, name, network):
        super().__init__()
        setattr(self, name, network)

    def forward(self, x):
        return next(self.children())(x)


def torch_unet(normalize, bias):
    """Three levels of 4, 8 and 16 channels, as the PyTorch implementation nests them."""

    def down(channels, out):
        return nn.Conv2d(channels, out, 4, 2, 1, bias=bias)

    def up(channels, out, bias=bias):
        return nn.ConvTranspose2d(channels, out, 4, 2, 1, bias=bias)

    inner = SkipLevel(nn.LeakyReLU(0.2), down(8, 16), nn.ReLU(), up(16, 8), normalize(8))
    middle = SkipLevel(
        nn.LeakyReLU(0.2), down(4, 8), normalize(8), inner, nn.ReLU(), up(16, 4), normalize(4)
    )
    whole = nn.Sequential(down(3, 4), middle, nn.ReLU(), up(8, 3, bias=True), nn.Tanh())
    return Wrapped("model", Wrapped("model", whole))


def torch_resnet(normalize, bias):
    """A block of 16 channels between two halvings and two doublings."""

    def convolution(channels, out, size, padding=0, strides=1, bias=bias):
        return nn.Conv2d(channels, out, size, strides, padding, bias=bias)

    def up(channels, out):
        return nn.ConvTranspose2d(channels, out, 3, 2, 1, 1, bias=bias)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            half = [nn.ReflectionPad2d(1), convolution(16, 16, 3), normalize(16)]
            other = [nn.ReflectionPad2d(1), convolution(16, 16, 3), normalize(16)]
            self.conv_block = nn.Sequential(*half, nn.ReLU(), *other)

        def forward(self, x):
            return x + self.conv_block(x)

    layers = [
        *(nn.ReflectionPad2d(3), convolution(3, 4, 7), normalize(4), nn.ReLU()),
        *(convolution(4, 8, 3, 1, 2), normalize(8), nn.ReLU()),
        *(convolution(8, 16, 3, 1, 2), normalize(16), nn.ReLU()),
        Block(),
        *(up(16, 8), normalize(8), nn.ReLU()),
        *(up(8, 4), normalize(4), nn.ReLU()),
        *(nn.ReflectionPad2d(3), convolution(4, 3, 7, bias=True), nn.Tanh()),
    ]
    return Wrapped("model", nn.Sequential(*layers))


def torch_patch(normalize, bias):
    """Two halvings on six channels."""
    layers = [
        *(nn.Conv2d(6, 4, 4, 2, 1), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(4, 8, 4, 2, 1, bias=bias), normalize(8), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(8, 16, 4, 1, 1, bias=bias), normalize(16), nn.LeakyReLU(0.2)),
        nn.Conv2d(16, 1, 4, 1, 1),
    ]
    return Wrapped("model", nn.Sequential(*layers))


def torch_pixel(normalize, bias):
    layers = [
        *(nn.Conv2d(6, 4, 1), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(4, 8, 1, bias=bias), normalize(8), nn.LeakyReLU(0.2)),
        nn.Conv2d(8, 1, 1, bias=bias),
    ]
    return Wrapped("net", nn.Sequential(*layers))


# The same network as PyTorch and as Keras builds it.
TWINS = {
    "unet": (torch_unet, unet),
    "resnet": (torch_resnet, resnet),
    "patch": (torch_patch, lambda **arguments: patch(receptive_field=34, **arguments)),
    "pixel": (torch_pixel, lambda **arguments: patch(receptive_field=1, **arguments)),
}
NORMALIZATIONS = {
    "batch": (nn.BatchNorm2d, False, "batch"),
    "instance": (nn.InstanceNorm2d, True, instance_norm()),
    # An Identity takes the number of channels, too.
    "none": (nn.Identity, False, None),
    "none, with biases": (nn.Identity, True, None),
}


def outputs(network):
    """What a network of PyTorch or of Keras computes for the same images."""
    first, second = noise(2, 16, 24, 3), noise(2, 16, 24, 3, seed=1)
    pair = isinstance(network, kp.PatchDiscriminator)
    if not isinstance(network, nn.Module) or hasattr(network, "get_config"):
        return run(network, [first, second] if pair else first)
    images = to_pytorch(first)
    weight = next(network.parameters())
    if weight.shape[1] == 6:
        images = torch.cat([images, to_pytorch(second)], 1)
    with torch.no_grad():
        return from_pytorch(network.eval()(images))


@pytest.mark.parametrize("norm", NORMALIZATIONS)
@pytest.mark.parametrize("name", TWINS)
def test_weights_go_from_pytorch_to_keras_and_back(name, norm, tmp_path):
    build, make = TWINS[name]
    normalize, bias, normalization = NORMALIZATIONS[norm]
    twin = build(normalize, bias)
    torch.manual_seed(0)
    for tensor in twin.state_dict().values():
        if tensor.is_floating_point():
            tensor.uniform_(0.1, 0.3).mul_(torch.where(torch.rand_like(tensor) < 0.5, -1, 1))
    for tensor_name, tensor in twin.state_dict().items():
        if tensor_name.endswith("running_var"):
            tensor.abs_().mul_(0.1)
    expected = outputs(twin)
    assert expected.std() > 0.01
    torch.save(twin.state_dict(), tmp_path / "torch.pth")

    network = make(normalization=normalization)
    # Whatever was there, biases as well, is replaced.
    randomize(network)
    load_pytorch(tmp_path / "torch.pth", network)
    assert outputs(network) == pytest.approx(expected, abs=1e-4)

    save_pytorch(network, tmp_path / "keras.pth")
    one, other = torch.load(tmp_path / "torch.pth"), torch.load(tmp_path / "keras.pth")
    assert list(one) == list(other)
    assert all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", TWINS)
def test_a_network_without_normalization_goes_from_keras_to_pytorch(name, tmp_path):
    build, make = TWINS[name]
    network = make(normalization=None)
    randomize(network)
    save_pytorch(network, tmp_path / "keras.pth")
    twin = build(nn.Identity, True)
    twin.load_state_dict(torch.load(tmp_path / "keras.pth"))
    assert outputs(twin) == pytest.approx(outputs(network), abs=1e-4)


@pytest.mark.parametrize("norm", ["none", "none, with biases"])
@pytest.mark.parametrize("name", ["unet", "resnet"])
def test_which_normalization_a_checkpoint_without_any_stands_for(name, norm, tmp_path):
    """Biases are what tells `--norm none` from `--norm instance`."""
    normalize, bias, _ = NORMALIZATIONS[norm]
    twin = TWINS[name][0](normalize, bias)
    torch.save(twin.state_dict(), tmp_path / "torch.pth")
    loaded = load_pytorch(tmp_path / "torch.pth")
    assert (loaded.normalization is None) is not bias
    if not bias:
        assert outputs(loaded) == pytest.approx(outputs(twin), abs=1e-4)


def test_a_bias_is_missing_in_a_network_with_normalization(tmp_path):
    torch.save(torch_unet(nn.Identity, False).state_dict(), tmp_path / "none.pth")
    with pytest.raises(ValueError, match=r"no tensor 'model\.model\.0\.bias'"):
        load_pytorch(tmp_path / "none.pth", unet(normalization=instance_norm()))


def test_a_checkpoint_with_batch_norm_is_no_network_without_normalization(tmp_path):
    torch.save(torch_unet(nn.BatchNorm2d, False).state_dict(), tmp_path / "batch.pth")
    with pytest.raises(ValueError, match=r"has a tensor 'model\.model\.1\.model\.2\.weight'"):
        load_pytorch(tmp_path / "batch.pth", unet(normalization=None))


def test_the_bias_that_every_network_has_is_not_optional(tmp_path):
    tensors = torch_unet(nn.Identity, False).state_dict()
    del tensors["model.model.3.bias"]
    torch.save(tensors, tmp_path / "none.pth")
    with pytest.raises(ValueError, match=r"no tensor 'model\.model\.3\.bias'"):
        load_pytorch(tmp_path / "none.pth", unet(normalization=None))
