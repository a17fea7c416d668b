"""The version of the system, which all packages share; `pyproject.toml` at the root sets it."""

from importlib.metadata import version

VERSION = version("oa-shared")
