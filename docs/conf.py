"""How the site is built: `make docs`, offline, with every warning an error."""

import inspect
import json
import re
import sys
import tomllib
from pathlib import Path

from sphinx.errors import SphinxError

ROOT = Path(__file__).resolve().parents[1]
# Of this checkout, whatever is installed.
sys.path.insert(0, str(ROOT))

import keras_pix2pix  # noqa: E402
from keras_pix2pix_cli.options import reference  # noqa: E402

project = "keras-pix2pix"
author = "The keras-pix2pix authors"
copyright = "The keras-pix2pix authors, Apache-2.0"
release = keras_pix2pix.__version__
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
    "myst_nb",
    "sphinx_copybutton",
]
exclude_patterns = ["_build", "benchmarks", "gallery"]
exclude_patterns += ["auto_gallery/*.ipynb", "**/.ipynb_checkpoints"]
nitpicky = True
# What the docstrings name and another project documents: no inventory is fetched.
nitpick_ignore_regex = [
    (r"py:.*", r"(keras|PIL|numpy|tensorflow)\..*"),
    (r"py:exc", r"[A-Z]\w+"),
    # Types of attributes, which are the standard library's or internal.
    (r"py:class", r"(collections\.abc|os|pathlib)\.\w+"),
    (r"py:class", r"keras_pix2pix\..*"),
]

html_theme = "furo"
html_title = f"keras-pix2pix {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_theme_options = {
    "source_repository": REPOSITORY,
    "source_branch": "main",
    "source_directory": "docs/",
    "footer_icons": [{"name": "Repository", "url": REPOSITORY, "html": "Repository", "class": ""}],
}
html_copy_source = False
html_show_sphinx = False
copybutton_prompt_text = r">>> |\$ "
copybutton_prompt_is_regexp = True

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# [text](repo:) is a link to the repository.
myst_url_schemes = {"http": None, "https": None, "repo": {"url": REPOSITORY + "{{path}}"}}
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True
# What the backends print when they are imported.
nb_output_stderr = "remove"

autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
autodoc_default_options = {"members": True, "inherited-members": True}
autodoc_preserve_defaults = True
# The docstrings say the types in words.
autodoc_typehints = "none"
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Call arguments", "params_style"), "References"]

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r"plot_",
    "within_subsection_order": "ExampleTitleSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "min_reported_time": 20,
    # That page would load its table from elsewhere.
    "write_computation_times": False,
}

# A page must be readable without a network: nothing but links may point outside.
OUTSIDE = re.compile(
    r"""<(?:script|img|link|iframe|source|video)\b[^>]*?\b(?:src|href)=["'](?:https?:)?//[^"']*""",
    re.IGNORECASE,
)
FENCE = re.compile(r"(^ *```python\n.*?^ *```$)", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"(`[^`]+`)")


def to_rst(app, what, name, obj, options, lines):
    """The Markdown that docstrings are written in, as the reStructuredText that Sphinx reads."""
    parts = FENCE.split("\n".join(lines))
    for number, part in enumerate(parts):
        if number % 2:
            indent = part[: part.index("`")]
            code = part.split("\n")[1:-1]
            part = "\n".join(
                [f"{indent}.. code-block:: python", "", *(f"   {row}" for row in code)]
            )
        else:
            words = CODE.split(part)
            words[::2] = [word.replace("**", r"\*\*") for word in words[::2]]
            words[1::2] = [f"`{word}`" for word in words[1::2]]
            part = "".join(words)
        parts[number] = part
    lines[:] = "".join(parts).split("\n")


def own_signature(app, what, name, obj, options, signature, annotation):
    """The arguments of a class that Keras has given a `__new__` of any arguments."""
    if what != "class":
        return signature, annotation
    own = inspect.signature(obj.__init__)
    return str(own.replace(parameters=list(own.parameters.values())[1:])), annotation


def skip_foreign(app, what, name, obj, skip, options):
    """Leave out of a class what it has inherited from another package, such as Keras."""
    module = getattr(getattr(obj, "fget", obj), "__module__", None) or project
    return skip or not module.startswith(("keras_pix2pix", project))


def colab_notebook(tutorial, repository):
    """Return the tutorial as a notebook for Colab, whose first cell installs the package from git.

    Args:
        tutorial: dict, the notebook.
        repository: str, the address to install from, and to which relative links lead.
    """
    cells = json.loads(json.dumps(tutorial["cells"]))
    (install,) = (cell for cell in cells if "%pip install" in "".join(cell["source"]))
    package = f'"keras-pix2pix[tensorflow,report] @ git+{repository}"'
    install["source"] = [f"%pip install --quiet {package}"]
    cells.remove(install)
    for cell in cells:
        if cell["cell_type"] == "markdown":
            text = re.sub(
                r"\]\((?!https?:)([^)#]+)",
                rf"]({repository}/blob/main/docs/\1",
                "".join(cell["source"]),
            )
            cell["source"] = text.splitlines(keepends=True)
    return {**tutorial, "cells": [install, *cells]}


def write_colab_notebook(app):
    """Write the notebook for Colab to where pages can link to it."""
    tutorial = json.loads((ROOT / "docs" / "tutorial.ipynb").read_text())
    path = ROOT / "docs" / "_build" / "tutorial_colab.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(colab_notebook(tutorial, REPOSITORY), indent=1) + "\n")


def refuse_outside_requests(app, error):
    """Fail a build whose pages would load anything from elsewhere."""
    if error or app.builder.format != "html":
        return
    found = [
        f"{path.name}: {match.group()}"
        for path in sorted(Path(app.outdir).rglob("*.html"))
        for match in OUTSIDE.finditer(path.read_text(encoding="utf-8"))
    ]
    if found:
        raise SphinxError("Pages load from outside:\n" + "\n".join(found))


def write_options(app):
    """Add the page with all options of the command line, before the pages are read."""
    path = Path(app.srcdir) / "guides" / "options.md"
    text = reference.page()
    # The same text leaves the page as it is, and so spares a new build of it.
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write_drawing_page(app, error):
    """Add the page on which the sample model runs in the browser: docs/draw.md shows it."""
    folder = Path(app.outdir) / "drawing"
    if error or app.builder.format != "html" or folder.exists():
        return
    model = keras_pix2pix.load_sample_model()
    _, val = keras_pix2pix.data.load_sample(condition="outline")
    examples = val.subset(slice(8, None, 4))
    keras_pix2pix.export(model, folder, "web", examples=examples, title="Draw an emoji")


def setup(app):
    # Before napoleon (500) reads the sections.
    app.connect("autodoc-process-docstring", to_rst, priority=400)
    app.connect("autodoc-process-signature", own_signature)
    app.connect("autodoc-skip-member", skip_foreign)
    app.connect("builder-inited", write_options)
    app.connect("builder-inited", write_colab_notebook)
    app.connect("build-finished", write_drawing_page)
    app.connect("build-finished", refuse_outside_requests)
