"""What others publish is named by its content: base images by digest, actions by commit, packages by hash."""

import json
import re
import tomllib
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from oa_tools.audit import audit, list_lock_files, read_accepted

ROOT = Path(__file__).parents[3]
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\Z")
COMMIT = re.compile(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+(\.\d+)*\Z")
LEFT_OUT = {"node_modules", ".venv", ".local", ".git"}


def files(pattern: str) -> list[Path]:
    return [path for path in sorted(ROOT.rglob(pattern)) if not LEFT_OUT & set(path.parts)]


def bases(path: Path) -> list[str]:
    """Return the images that a Dockerfile starts from, without its own stages and the build argument of the release."""
    words = [line.split() for line in path.read_text("utf-8").splitlines() if line.startswith("FROM ")]
    stages = {line[3] for line in words if len(line) > 3}
    return [line[1] for line in words if line[1] not in {*stages, "${BASE}", "scratch"}]


def workflows() -> list[Path]:
    return files(".github/workflows/*.yml")


def test_every_base_image_has_a_digest() -> None:
    found = [(str(path.relative_to(ROOT)), image) for path in files("*Dockerfile") for image in bases(path)]
    assert len(found) >= 8
    assert [each for each in found if not DIGEST.search(each[1])] == []


def test_every_image_of_compose_that_is_not_built_has_a_digest() -> None:
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    built = {service["image"] for service in services.values() if "build" in service}
    found = {service["image"] for service in services.values()} - built
    assert len(found) == 2
    assert [image for image in found if not DIGEST.search(image)] == []


def test_every_action_is_a_commit_with_its_version() -> None:
    used = [
        match[1].strip()
        for path in workflows()
        for match in re.finditer(r"^\s*(?:- )?uses:(.*)$", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert len(used) >= 8
    assert [action for action in used if not COMMIT.match(action)] == []


def test_every_locked_package_has_a_hash() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))
    published = [package for package in lock["package"] if "registry" in package["source"]]
    assert len(published) > 50
    for package in published:
        archives = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
        assert archives, package["name"]
        assert all(archive["hash"].startswith("sha256:") for archive in archives), package["name"]
    modules = json.loads((ROOT / "services/api/web/package-lock.json").read_text("utf-8"))["packages"]
    assert [
        name for name, module in modules.items() if name and "integrity" not in module and not module.get("link")
    ] == []


def test_ci_audits_the_locked_packages() -> None:
    steps = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]["audit"]["steps"]
    assert any(step.get("run") == "make audit" for step in steps)


def test_audit_covers_every_lock_file() -> None:
    covered = {path.relative_to(ROOT).as_posix() for path in list_lock_files(ROOT)}
    assert covered == {
        path.relative_to(ROOT).as_posix() for name in ("uv.lock", "package-lock.json") for path in files(name)
    }
    assert {"uv.lock", "services/api/web/package-lock.json", "services/api/web/borders/package-lock.json"} < covered


def test_audit_runs_in_the_folder_of_each_lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One advisory fails its own lock file only, unless it is accepted; a folder of installed packages is left out."""
    for name in (
        "uv.lock",
        "web/package-lock.json",
        "web/borders/package-lock.json",
        "node_modules/a/package-lock.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    calls: list[tuple[str, str]] = []

    def run(command: list[str], *, cwd: Path, **_options: object) -> CompletedProcess[str]:
        calls.append((Path(command[0]).name, cwd.relative_to(tmp_path).as_posix()))
        via = [{"url": "https://github.com/advisories/GHSA-1"}] if cwd.name == "borders" else []
        return CompletedProcess(command, 0, json.dumps({"vulnerabilities": {"left-pad": {"via": via}}}), "")

    monkeypatch.setattr("oa_tools.audit.subprocess.run", run)
    assert audit(tmp_path, []) == [tmp_path / "web/borders/package-lock.json"]
    assert sorted(calls) == [("npm", "web"), ("npm", "web/borders"), ("uv", ".")]
    assert audit(tmp_path, ["GHSA-1"]) == []


def test_release_keeps_the_bills_of_materials_of_its_images() -> None:
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))
    jobs = release["jobs"]
    uploads = [step for step in jobs["deploy"]["steps"] if "upload-artifact" in step.get("uses", "")]
    assert [step["with"]["path"] for step in uploads] == [".local/release/**/*.cdx.json"]
    published = [step["run"] for step in jobs["bills-of-materials"]["steps"] if "run" in step]
    assert any("gh release upload" in command and "*.cdx.json" in command for command in published)


@pytest.mark.parametrize("line", ["GHSA-xxxx-yyyy-zzzz", "CVE-2026-1 # ", "# only a comment\nX reason"])
def test_accepted_advisory_needs_a_reason(tmp_path: Path, line: str) -> None:
    path = tmp_path / "accepted"
    path.write_text(line)
    with pytest.raises(ValueError, match="reason"):
        read_accepted(path)


def test_accepted_advisories_are_readable() -> None:
    read_accepted(ROOT / ".ci/accepted-advisories")
