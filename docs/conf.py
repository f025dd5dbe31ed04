"""Sphinx configuration. Nothing is fetched: neither when the site is built nor when it is read."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent / "_extensions"))
os.environ["TF_USE_LEGACY_KERAS"] = "1"  # as the bridge to TF-Agents asks

import experiments  # noqa: F401 (loads TensorFlow without the lines that it prints about itself)

# isort: split
import public_api

from maxent_tf.version import __version__

project = "maxent_tf"
author = "the maxent_tf developers"
project_copyright = "the maxent_tf developers, Apache 2.0"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "sphinx-mathjax-offline",
    "sphinxcontrib.bibtex",
    "claims",
    "docstrings",
    "figure_links",
    "public_api",
    "references",
]
exclude_patterns = ["_build", "gallery/README.rst"]
templates_path = ["_templates"]
nitpicky = True
nitpick_ignore = [("py:class", "Moments")]  # the type of public fields, itself not public
suppress_warnings = ["config.cache"]  # sphinx-gallery's settings hold functions

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = f"maxent_tf {version}"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False

# Backticks in docstrings: a link where they hold a public name, else code.
default_role = "name"

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autosummary_ignore_module_all = False
autosummary_context = {"data": public_api.data()}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
add_module_names = False

bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"
bibtex_reference_style = "author_year"

copybutton_exclude = ".linenos, .gp, .go"

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "examples",
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,  # its page fetches scripts
    "image_scrapers": ("matplotlib",),
    "abort_on_example_error": True,
    "capture_repr": (),
}
