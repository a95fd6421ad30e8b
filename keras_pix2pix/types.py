"""Names for what Keras and NumPy leave untyped."""

import os
from typing import Any, TypeAlias

# A tensor of the backend that runs, or a symbolic one. Each backend has a class of its own.
Tensor: TypeAlias = Any
# Path of a file or a folder.
PathLike: TypeAlias = str | os.PathLike[str]
