"""All packages have the version of the project."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from oa_shared.version import VERSION

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.mark.parametrize("member", PROJECT["tool"]["uv"]["workspace"]["members"])
def test_package_has_the_version_of_the_project(member: str) -> None:
    package = tomllib.loads((ROOT / member / "pyproject.toml").read_text("utf-8"))["project"]
    assert package["version"] == PROJECT["project"]["version"]
    assert version(package["name"]) == VERSION
