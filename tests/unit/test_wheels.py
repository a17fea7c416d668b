"""The images build for both CPU architectures: each locked wheel for x86-64 exists for aarch64 too."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

_LOCK = Path(__file__).parents[2] / "uv.lock"
_IMAGES = ("oa-api", "oa-dispatcher", "oa-task")
_WHEEL = re.compile(r"-(?P<python>[^-]+)-(?P<abi>[^-]+)-(?P<platform>[^-]+)\.whl")


def find_missing_wheels(lock: Mapping[str, Any], roots: tuple[str, ...]) -> Iterator[str]:
    """Yield each version of a package that one architecture can install and the other cannot."""
    names = _with_dependencies(lock["package"], roots)
    for package in lock["package"]:
        wheels = [_WHEEL.search(wheel["url"]) for wheel in package.get("wheels", ())]
        tags = {(match["python"], match["abi"], match["platform"]) for match in wheels if match}
        if package["name"] not in names or any(platform == "any" for _, _, platform in tags):
            continue
        x86, arm = (
            {tag[:2] for tag in tags if _is_for(architecture, tag[2])} for architecture in ("x86_64", "aarch64")
        )
        is_ours = any(key in package["source"] for key in ("editable", "virtual"))
        if x86 != arm or (not x86 and not is_ours):
            yield f"{package['name']} {package['version']}"


def _is_for(architecture: str, platform: str) -> bool:
    return "manylinux" in platform and platform.endswith(architecture)


def _with_dependencies(packages: list[Mapping[str, Any]], roots: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [
                each["name"]
                for package in packages
                if package["name"] == name
                for each in package.get("dependencies", ())
            ]
    return found


def test_every_locked_wheel_of_the_images_exists_for_both_architectures() -> None:
    lock = tomllib.loads(_LOCK.read_text("utf-8"))
    assert len(_with_dependencies(lock["package"], _IMAGES)) > 50
    assert list(find_missing_wheels(lock, _IMAGES)) == []


@pytest.mark.parametrize("wheels", [["a-1-cp311-cp311-manylinux_2_28_x86_64.whl"], []])
def test_package_without_a_wheel_for_aarch64_is_found(wheels: list[str]) -> None:
    package = {
        "name": "a",
        "version": "1",
        "source": {"registry": "r"},
        "wheels": [{"url": f"https://e.org/{w}"} for w in wheels],
    }
    root = {"name": "oa-api", "version": "0", "source": {"editable": "."}, "dependencies": [{"name": "a"}]}
    assert list(find_missing_wheels({"package": [root, package]}, ("oa-api",))) == ["a 1"]
