import hashlib
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[4] / "services/api/web/build.py"


@pytest.fixture
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("web_build", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(build: ModuleType, tmp_path: Path) -> Path:
    (tmp_path / "a.js").write_bytes(b"1")
    files = {"a.js": hashlib.sha256(b"1").hexdigest()}
    (tmp_path / "contents.json").write_text(json.dumps({"made_from": build._made_from(), "files": files}))
    return tmp_path


def test_folder_of_the_current_lock_file_is_not_rebuilt(build: ModuleType, folder: Path) -> None:
    assert build.is_current(folder)


@pytest.mark.parametrize("change", ["altered", "removed", "other lock file", "no contents", "broken contents"])
def test_folder_with_wrong_content_is_rebuilt(build: ModuleType, folder: Path, change: str) -> None:
    contents = folder / "contents.json"
    match change:
        case "altered":
            (folder / "a.js").write_bytes(b"2")
        case "removed":
            (folder / "a.js").unlink()
        case "other lock file":
            contents.write_text(contents.read_text().replace(build._made_from(), "0" * 64))
        case "no contents":
            contents.unlink()
        case _:
            contents.write_text("{")
    assert not build.is_current(folder)


def test_lock_file_has_a_digest_for_every_package(build: ModuleType) -> None:
    packages = json.loads((build.WEB / "package-lock.json").read_text())["packages"]
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)
    assert {source.split("/")[0] for source in build.SERVED.values()} <= {
        name.split("/")[1] for name in packages if name
    }
