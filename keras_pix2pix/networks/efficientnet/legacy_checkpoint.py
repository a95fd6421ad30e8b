"""Reading weights that PyTorch stored in its format of before 2020, without PyTorch."""

import collections
import pickle
from typing import Any, ClassVar

import numpy as np
from numpy.lib.stride_tricks import as_strided

from keras_pix2pix.types import PathLike


def read_legacy_checkpoint(path: PathLike) -> list[np.ndarray]:
    """Read the float32 tensors of a PyTorch checkpoint in the format of before 2020.

    The weights of EfficientNet-Lite0 have this format. Users of another backend would have to
    install PyTorch, which is large, only to read them. No code of the file is executed.

    Args:
        path: path of a file that `torch.save` wrote from a state dict.

    Returns:
        A list of float32 arrays, in the order of the file.

    Raises:
        KeyError: if the file names anything but tensors.
    """
    with open(path, "rb") as file:
        # A magic number, the version of the format, and sizes of integers come first.
        *_, tensors, keys = (_Tensors(file).load() for _ in range(5))
        storages = {}
        for key in keys:
            count = np.fromfile(file, "<i8", 1)[0]
            kind = next(kind for kind, other, *_ in tensors.values() if other == key)
            storages[key] = np.fromfile(file, kind, count)
    return [
        as_strided(storages[key][start:], shape, [4 * step for step in strides])
        for kind, key, start, shape, strides in tensors.values()
        if kind == "<f4"
    ]


class _Tensors(pickle.Unpickler):
    """Reads each tensor as a tuple `(dtype, storage, offset, shape, strides)` and calls no code."""

    known: ClassVar[dict[tuple[str, str], Any]] = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch", "FloatStorage"): "<f4",
        ("torch", "LongStorage"): "<i8",
        ("torch._utils", "_rebuild_tensor_v2"): lambda storage, *place: (*storage, *place[:3]),
    }

    def find_class(self, module: str, name: str) -> Any:
        return self.known[module, name]

    def persistent_load(self, storage: Any) -> tuple[str, str]:
        _, kind, key, *_ = storage
        return kind, key
