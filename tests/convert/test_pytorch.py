"""Checkpoints of the PyTorch implementation, loaded and saved."""

import collections
import json
import os
import re
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import torch
from checks import instance_norm, noise, numpy, randomize, run

import keras_pix2pix as kp
from keras_pix2pix.convert.pytorch import load_pytorch, save_pytorch

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
FOLDERS = sorted(folder.name for folder in REFERENCE.glob("*")) or ["none"]


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


def weights_of(network):
    return [weight.copy() for weight in network.get_weights()]


def assert_equal(network, weights):
    for one, other in zip(network.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, other)


def assert_same_file(path, other):
    """The same names in the same order, dtypes and bits."""
    one, other = torch.load(path), torch.load(other)
    assert list(one) == list(other)
    for name, tensor in one.items():
        assert tensor.dtype == other[name].dtype
        assert torch.equal(tensor, other[name]), name


@pytest.fixture
def saved(tmp_path):
    """A U-Net of random weights, and its checkpoint."""
    network = unet()
    randomize(network)
    save_pytorch(network, tmp_path / "saved.pth")
    return network, tmp_path / "saved.pth"


@pytest.mark.shared
@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("letter", ["G", "D"])
def test_files_of_the_reference_go_in_and_out(shared, folder, letter, tmp_path):
    folder = shared / "reference" / folder
    config = json.loads((folder / "config.json").read_text())
    channels = [(None, None, config["input_nc"]), config["output_nc"]]
    options = {"normalization": {"batch": "batch", "instance": instance_norm()}[config["norm"]]}
    if letter == "D":
        fields = {"basic": 70, "pixel": 1}
        network = kp.PatchDiscriminator(
            channels[0],
            (None, None, channels[1]),
            receptive_field=fields[config["netD"]],
            filters=config["ndf"],
            **options,
        )
    elif config["netG"] == "resnet_6blocks":
        network = kp.ResNetGenerator(*channels, blocks=6, filters=config["ngf"], **options)
    else:
        depth = {"unet_128": 7, "unet_256": 8}[config["netG"]]
        network = kp.UNetGenerator(*channels, depth=depth, filters=config["ngf"], **options)
    before = weights_of(network)
    assert load_pytorch(folder / f"latest_net_{letter}.pth", network) is network
    # Not even a bias stays as it was, but for what both initialize alike.
    assert not any(
        np.array_equal(*pair) for pair in zip(before, network.get_weights()) if pair[0].ndim == 4
    )
    save_pytorch(network, tmp_path / "again.pth")
    assert_same_file(tmp_path / "again.pth", folder / f"latest_net_{letter}.pth")


def test_kernels_are_in_pytorchs_order(saved):
    network, path = saved
    tensors = torch.load(path)
    down, up = (network.get_layer(name).convolution for name in ("down_2", "up_3"))
    for name, kernel in (
        ("model.model.1.model.1.weight", numpy(down.kernel)),
        ("model.model.1.model.3.model.3.weight", numpy(up.kernel)),
    ):
        assert tensors[name][5, 2, 1, 3] == kernel[1, 3, 2, 5]
    assert tuple(tensors["model.model.1.model.1.weight"].shape) == (8, 4, 4, 4)
    assert tuple(tensors["model.model.1.model.3.model.3.weight"].shape) == (16, 8, 4, 4)


def test_the_file_is_no_view_of_the_model(saved):
    network, path = saved
    before = torch.load(path)
    randomize(network, seed=1)
    load_pytorch(path, network)
    randomize(network, seed=2)
    assert all(torch.equal(tensor, before[name]) for name, tensor in torch.load(path).items())


def rewritten(path, change, **options):
    tensors = collections.OrderedDict(torch.load(path))
    change(tensors)
    torch.save(tensors, path, **options)
    return path


def test_the_format_of_2017(saved):
    network, path = saved
    rewritten(path, lambda tensors: None, _use_new_zipfile_serialization=False)
    assert path.read_bytes()[:2] != b"PK"
    assert_equal(load_pytorch(path, unet()), network.get_weights())


def test_files_from_before_batches_were_counted(saved):
    network, path = saved

    def change(tensors):
        for name in [name for name in tensors if name.endswith("num_batches_tracked")]:
            del tensors[name]

    assert_equal(load_pytorch(rewritten(path, change), unet()), network.get_weights())


def test_old_instance_norms_with_statistics(tmp_path):
    network = resnet()
    randomize(network)
    save_pytorch(network, tmp_path / "old.pth")

    def change(tensors):
        for name in ("model.2", "model.10.conv_block.2", "model.10.conv_block.6", "model.15"):
            tensors[f"{name}.running_mean"] = torch.zeros(4)
            tensors[f"{name}.running_var"] = torch.ones(4)

    path = rewritten(tmp_path / "old.pth", change)
    assert_equal(load_pytorch(path, resnet()), network.get_weights())


@pytest.mark.parametrize(
    "change",
    [torch.Tensor.half, torch.Tensor.bfloat16, torch.Tensor.double, torch.nn.Parameter],
    ids=["float16", "bfloat16", "float64", "parameters"],
)
def test_other_tensors_than_float32(saved, change):
    network, path = saved
    for variable in network.weights:
        variable.assign(np.round(numpy(variable) * 64) / 64)

    def convert(tensors):
        for name, tensor in tensors.items():
            tensors[name] = change(tensor) if tensor.is_floating_point() else tensor

    save_pytorch(network, path)
    assert_equal(load_pytorch(rewritten(path, convert), unet()), network.get_weights())


def test_a_network_of_half_precision_is_written_as_float32(tmp_path):
    network = patch(dtype="bfloat16")
    save_pytorch(network, tmp_path / "half.pth")
    again = load_pytorch(tmp_path / "half.pth", patch())
    for one, other in zip(again.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other.astype("float32"))


@pytest.mark.parametrize("make", [unet, resnet])
def test_batch_norm_becomes_the_instance_norm_that_it_is_at_batch_size_1(make, tmp_path):
    batch, instance = make(normalization="batch"), make(normalization="instance")
    randomize(batch)
    save_pytorch(batch, tmp_path / "batch.pth")
    load_pytorch(tmp_path / "batch.pth", instance)
    images = noise(2, 16, 16, 3)
    trained = [run(batch, images[i : i + 1], training=True) for i in range(2)]
    np.testing.assert_allclose(run(instance, images), np.concatenate(trained), atol=1e-4)


def test_instance_norm_is_written_as_the_batch_norm_that_it_is_at_batch_size_1(saved):
    batch, path = saved
    instance = load_pytorch(path, unet(normalization="instance"))
    expected = list(torch.load(path))
    save_pytorch(instance, path)
    tensors = torch.load(path)
    assert list(tensors) == expected
    statistics = {name: tensor for name, tensor in tensors.items() if "running" in name}
    assert len(statistics) == 6
    for name, tensor in statistics.items():
        assert (tensor == name.endswith("var")).all()
        assert len(tensor) == len(tensors[name.rpartition(".")[0] + ".weight"])
    again = load_pytorch(path, unet())
    for one, other in zip(again.trainable_variables, batch.trainable_variables, strict=True):
        np.testing.assert_array_equal(numpy(one), numpy(other))


def test_dropout_shifts_the_second_convolution_of_a_residual_block(tmp_path):
    plain, dropping = resnet(), resnet(dropout=0.5)
    randomize(plain)
    save_pytorch(plain, tmp_path / "net.pth")
    with pytest.raises(ValueError, match=r"no tensor 'model\.10\.conv_block\.6\.weight'"):
        load_pytorch(tmp_path / "net.pth", dropping)

    def change(tensors):
        for tensor in ("weight", "bias"):
            tensors[f"model.10.conv_block.6.{tensor}"] = tensors.pop(
                f"model.10.conv_block.5.{tensor}"
            )

    load_pytorch(rewritten(tmp_path / "net.pth", change), dropping)
    images = noise(1, 8, 8, 3)
    np.testing.assert_array_equal(run(dropping, images), run(plain, images))


MISFITS = {
    "filters": (lambda: unet(filters=6), r"'model\.model\.0\.weight'.*\(6, 3, 4, 4\).*\(4, 3, 4"),
    "channels": (lambda: unet(output_channels=1), r"'model\.model\.3\.weight'.*\(8, 1, 4, 4\)"),
    "depth": (lambda: unet(depth=4), r"no tensor 'model\.model\.1\.model\.3\.model\.2\.weight'"),
    "less depth": (lambda: unet(depth=2), r"'model\.model\.1\.model\.3\.weight'"),
    "normalization": (
        lambda: unet(normalization=instance_norm()),
        r"no tensor 'model\.model\.0\.bias'",
    ),
    "no skips": (lambda: unet(skips=False), r"'model\.model\.1\.model\.5\.weight'.*\(8, 4, 4"),
    "resnet": (lambda: resnet(), r"no tensor 'model\.1\.weight', which res_net_generator.* needs"),
    "discriminator": (lambda: patch(), r"no tensor 'model\.0\.weight'"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_another_architecture_is_refused_and_changes_nothing(saved, name):
    make, message = MISFITS[name]
    network = make()
    before = weights_of(network)
    with pytest.raises(ValueError, match=message):
        load_pytorch(saved[1], network)
    assert_equal(network, before)


def test_a_misfit_in_the_last_tensor_changes_nothing(saved):
    network = unet()
    before = weights_of(network)

    def too_long(tensors):
        tensors["model.model.3.bias"] = torch.zeros(4)

    path = rewritten(saved[1], too_long)
    with pytest.raises(ValueError, match=r"'model\.model\.3\.bias'.*\(3,\), received \(4,\)"):
        load_pytorch(path, network)

    def too_many(tensors):
        tensors["model.model.3.bias"] = torch.zeros(3)
        tensors["model.model.9.weight"] = torch.zeros(4)

    with pytest.raises(ValueError, match=r"has a tensor 'model\.model\.9\.weight', which u_net"):
        load_pytorch(rewritten(path, too_many), network)
    assert_equal(network, before)


@pytest.mark.parametrize("format_of_2017", [False, True])
def test_a_broken_file(saved, format_of_2017):
    path = saved[1]
    rewritten(path, lambda tensors: None, _use_new_zipfile_serialization=not format_of_2017)
    whole = path.read_bytes()
    network = unet()
    before = weights_of(network)
    # Cut in the header, in the names, in the numbers, and just before the end.
    for length in (0, 1, 10, 100, 200, 1000, 3000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"saved\.pth is not a PyTorch checkpoint"):
            load_pytorch(path, network)
    assert_equal(network, before)


@pytest.mark.parametrize(
    "content",
    [
        b"hello world\n",
        b"<!DOCTYPE html>",
        b"\x89PNG\r\n\x1a\n" + bytes(64),
        b"PK\x03\x04" + bytes(64),
    ],
    ids=["text", "html", "png", "zip"],
)
def test_no_checkpoint_at_all(content, tmp_path):
    path = tmp_path / "other.pth"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"other\.pth is not a PyTorch checkpoint"):
        load_pytorch(path, patch())


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (torch.zeros(3), "a Tensor"),
        ([torch.zeros(3)], "a list"),
        ({"epoch": 3, "model": {"net.0.weight": torch.zeros(3)}}, r"keys \['epoch', 'model'\]"),
        ({0: torch.zeros(3)}, r"keys \[0\]"),
    ],
    ids=["tensor", "list", "nested", "numbers"],
)
def test_no_state_dict(content, found, tmp_path):
    torch.save(content, tmp_path / "other.pth")
    message = r"other\.pth .* not a state dict.*'model\.model\.0\.weight'.* Received: .*" + found
    with pytest.raises(ValueError, match=message):
        load_pytorch(tmp_path / "other.pth", patch())


def prefixed(path, prefix):
    def change(tensors):
        for name in list(tensors):
            tensors[prefix + name] = tensors.pop(name)

    return rewritten(path, change)


def test_names_as_data_parallel_writes_them(saved):
    network, path = saved
    path = prefixed(path, "module.")
    assert_equal(load_pytorch(path, unet()), network.get_weights())
    assert load_pytorch(path).depth == 3


def test_another_wrapper_is_refused_with_the_names_that_are_expected(saved):
    path = prefixed(saved[1], "netG.")
    expected = r"Expected: tensors .*'model\.model\.0\.weight'.*Received: .*'netG\.model\.model\.0"
    with pytest.raises(ValueError, match=expected):
        load_pytorch(path, unet())
    with pytest.raises(ValueError, match=expected):
        load_pytorch(path)

    # A prefix of some names alone is no wrapper.
    def change(tensors):
        tensors["module.model.model.0.weight"] = tensors.pop("netG.model.model.0.weight")

    with pytest.raises(ValueError, match=r"no tensor 'model\.model\.0\.weight'.*'netG\.model"):
        load_pytorch(rewritten(path, change), unet())


class Trap:
    """An object whose unpickling makes a folder."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("new_format", [False, True])
def test_code_in_a_file_is_not_run(new_format, tmp_path):
    path, folder = tmp_path / "trap.pth", tmp_path / "sprung"
    torch.save({"net.0.weight": Trap(str(folder))}, path, _use_new_zipfile_serialization=new_format)
    with pytest.raises(ValueError, match=r"trap\.pth is not a PyTorch checkpoint of weights"):
        load_pytorch(path, patch())
    assert not folder.exists()
    torch.load(path, weights_only=False)
    assert folder.exists()


def test_a_missing_file():
    with pytest.raises(FileNotFoundError):
        load_pytorch("nowhere.pth", patch())


def test_another_kind_of_model(saved, tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    message = "UNetGenerator, a ResNetGenerator or a PatchDiscriminator. Received: Sequential"
    with pytest.raises(ValueError, match=message):
        load_pytorch(saved[1], model)
    with pytest.raises(ValueError, match=message):
        save_pytorch(model, tmp_path / "other.pth")
    assert [path.name for path in tmp_path.iterdir()] == ["saved.pth"]


@pytest.mark.parametrize(
    "option", [{"upsampling": "nearest"}, {"max_filters": 4}, {"plain_levels": 1}, {"noise": 1}]
)
def test_u_nets_that_the_reference_has_not(saved, option, tmp_path):
    network = unet(**option)
    (name,) = option
    message = f"The U-Net of the PyTorch implementation has .* with {{'{name}'"
    with pytest.raises(ValueError, match=message):
        load_pytorch(saved[1], network)
    with pytest.raises(ValueError, match=message):
        save_pytorch(network, tmp_path / "new.pth")


def test_a_spectral_discriminator_which_the_reference_has_not(tmp_path):
    network = kp.PatchDiscriminator(receptive_field=16, filters=2, spectral=True)
    with pytest.raises(ValueError, match=r"no spectral normalization\. Received: patch_discrim"):
        save_pytorch(network, tmp_path / "new.pth")


@pytest.mark.parametrize(
    "normalization",
    ["group", keras.layers.GroupNormalization(2), keras.layers.LayerNormalization()],
    ids=["group", "two groups", "layer"],
)
def test_normalizations_that_the_reference_has_not(saved, normalization, tmp_path):
    network = unet(normalization=normalization)
    message = r"Only networks with batch or instance .* u_net_generator.* with normalization="
    with pytest.raises(ValueError, match=message):
        save_pytorch(network, tmp_path / "other.pth")
    assert [path.name for path in tmp_path.iterdir()] == ["saved.pth"]
    before = weights_of(network)
    with pytest.raises(ValueError, match=message):
        load_pytorch(saved[1], network)
    assert_equal(network, before)


def test_a_failing_save_leaves_the_old_file_and_nothing_else(saved, tmp_path, monkeypatch):
    network, path = saved
    before = path.read_bytes()

    def full_disk(path, data):
        with path.open("wb") as file:
            file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_pytorch(network, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_what_the_system_says(saved, tmp_path, monkeypatch):
    network, path = saved
    with pytest.raises(OSError, match=re.escape(str(path))):
        save_pytorch(network, path / "inside_of_a_file.pth")
    monkeypatch.setenv("HOME", str(tmp_path))
    save_pytorch(network, "~/home.pth")
    load_pytorch("~/home.pth", network)
    assert (tmp_path / "home.pth").is_file()


def test_without_pytorch(saved, monkeypatch):
    network, path = saved
    monkeypatch.setitem(sys.modules, "torch", None)
    for call in (lambda: load_pytorch(path, network), lambda: save_pytorch(network, path)):
        with pytest.raises(ImportError, match=r"pip install keras-pix2pix\[torch\]"):
            call()
