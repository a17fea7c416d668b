"""`bin/push-images` against fake programs docker, aws and terraform that refuse what the real ones refuse."""

import json
import subprocess
import sys
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from oa_tools.release import push_images
from oa_tools.release.bill_of_materials import Component, debian_packages
from oa_tools.release.findings import Finding, blocking_findings, read_accepted, read_findings
from oa_tools.release.programs import ReleaseError
from oa_tools.release.registry import Repository
from support.fake_programs import REGISTRY, FakePrograms

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 6, 1)
CRITICAL: dict[str, Any] = {
    "name": "CVE-2026-1",
    "severity": "CRITICAL",
    "attributes": [{"key": "package_name", "value": "perl"}],
}
HIGH = {**CRITICAL, "name": "CVE-2026-2", "severity": "HIGH"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the files of a release, and its commit."""
    root = tmp_path / "checkout"
    for name in ("services/api", "services/dispatcher", "services/task", "terraform/images", ".ci"):
        (root / name).mkdir(parents=True)
    for service in ("api", "dispatcher", "task"):
        (root / f"services/{service}/Dockerfile").write_text("FROM scratch AS service\n")
    (root / "terraform/images/api.Dockerfile").write_text((ROOT / "terraform/images/api.Dockerfile").read_text())
    (root / ".ci/accepted-findings").write_text("# none\n")
    git = partial(subprocess.run, cwd=root, check=True, capture_output=True)
    git(["git", "init", "-q"])
    git(["git", "add", "."])
    git(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "all"])
    return root


@pytest.fixture
def programs(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> FakePrograms:
    fakes = FakePrograms(tmp_path / "fakes", platform="linux/arm64")
    for name, value in fakes.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TF_DATA_DIR", "")
    monkeypatch.setattr(push_images, "_ROOT", repository)
    monkeypatch.setattr(push_images, "SERVICES", ("api",))
    monkeypatch.setattr(push_images, "get_today", lambda: TODAY)
    monkeypatch.setattr(push_images, "Repository", partial(Repository, poll_every_s=0.01, scan_within_s=60.0))
    return fakes


def commit_of(repository: Path) -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def push(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["push-images", *arguments])
    return push_images.main()


def image(commit: str, service: str = "api") -> str:
    return f"{REGISTRY}/oa-dev/{service}:{commit}"


def test_push_new_commit_is_scanned_and_tagged(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = commit_of(repository)
    assert push(monkeypatch, "dev", commit) == 0
    pushed = programs.read()["pushed"]
    assert set(pushed) == {image(commit), image(f"candidate-{commit}")}
    assert pushed[image(commit)]["platform"] == "linux/arm64"  # that of the stack
    assert "index" not in pushed[image(commit)]["media_type"]


def test_push_platform_of_the_command_line_is_built(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = commit_of(repository)
    assert push(monkeypatch, "dev", commit, "linux/amd64") == 0
    assert programs.read()["pushed"][image(commit)]["platform"] == "linux/amd64"


@pytest.mark.parametrize("platform", ["linux/386", "linux/amd64,linux/arm64", "arm64"])
def test_push_unknown_platform_is_refused(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    assert push(monkeypatch, "dev", commit_of(repository), platform) == 1
    assert not programs.calls("docker", "buildx")


def test_push_all_services_are_pushed(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_images, "SERVICES", ("api", "dispatcher", "task"))
    commit = commit_of(repository)
    assert push(monkeypatch, "dev", commit) == 0
    assert {image(commit, service) for service in ("api", "dispatcher", "task")} <= set(programs.read()["pushed"])


def test_push_deployed_api_is_built_with_the_certificates(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = commit_of(repository)
    push(monkeypatch, "dev", commit)
    dockerfile = programs.read()["pushed"][image(commit)]["dockerfile"]
    assert "FROM service\nCOPY --from=certificates" in dockerfile
    assert "BASE" not in dockerfile


def test_push_writes_a_bill_of_materials(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = commit_of(repository)
    push(monkeypatch, "dev", commit)
    bill = json.loads((repository / f".local/release/{commit}/api-arm64.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert [each["purl"] for each in bill["components"]] == [
        "pkg:deb/debian/dash@0.5.12-2",
        "pkg:pypi/typing-extensions@4.16.0",
    ]
    assert programs.calls("docker", "rm")


def test_push_index_is_refused_before_the_scan(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = commit_of(repository)
    index = {"platform": "linux/arm64", "media_type": "application/vnd.oci.image.index.v1+json"}
    programs.change(pushed={image(f"candidate-{commit}"): index})
    assert push(monkeypatch, "dev", commit) == 1
    assert "is an index" in capsys.readouterr().err
    assert not programs.calls("aws", "ecr", "describe-image-scan-findings")


def test_push_waits_for_a_scan_that_does_not_exist_yet(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.change(scan=["NOT_FOUND", "NOT_FOUND", "PENDING", "IN_PROGRESS", "COMPLETE"])
    assert push(monkeypatch, "dev", commit_of(repository)) == 0
    assert len(programs.calls("aws", "ecr", "describe-image-scan-findings")) == 5


@pytest.mark.parametrize(
    ("scan", "message"),
    [("NOT_FOUND", "not started after"), ("IN_PROGRESS", "IN_PROGRESS after"), ("FAILED", "ended as FAILED")],
)
def test_push_scan_without_a_result_fails_and_deploys_nothing(
    programs: FakePrograms,
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    scan: str,
    message: str,
) -> None:
    programs.change(scan=[scan])
    monkeypatch.setattr(push_images, "Repository", partial(Repository, poll_every_s=0.01, scan_within_s=0.3))
    commit = commit_of(repository)
    assert push(monkeypatch, "dev", commit) == 1
    assert message in capsys.readouterr().err
    assert image(commit) not in programs.read()["pushed"]


def test_push_critical_finding_blocks_this_and_the_next_try(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.change(findings=[CRITICAL, HIGH])
    commit = commit_of(repository)
    for _ in range(2):
        assert push(monkeypatch, "dev", commit) == 1
        assert "CVE-2026-1 in perl is not accepted" in capsys.readouterr().err
        assert image(commit) not in programs.read()["pushed"]
    assert len(programs.calls("docker", "buildx")) == 1


@pytest.mark.parametrize(("days", "status"), [(1, 0), (0, 0), (-1, 1)])
def test_push_accepted_finding_blocks_only_after_its_day(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch, days: int, status: int
) -> None:
    programs.change(findings=[CRITICAL])
    until = TODAY + timedelta(days)
    (repository / ".ci/accepted-findings").write_text(f"CVE-2026-1 {until} # no perl program runs in the image\n")
    assert push(monkeypatch, "dev", commit_of(repository)) == status


def test_push_rollback_is_not_scanned_again(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = commit_of(repository)
    manifest = {"platform": "linux/arm64", "media_type": "application/vnd.docker.distribution.manifest.v2+json"}
    programs.change(pushed={image(commit): manifest}, findings=[CRITICAL], scan=["FAILED"])
    assert push(monkeypatch, "dev", commit) == 0
    assert not programs.calls("docker", "buildx")


def test_push_image_for_another_platform_is_refused(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = commit_of(repository)
    manifest = {"platform": "linux/amd64", "media_type": "application/vnd.docker.distribution.manifest.v2+json"}
    programs.change(pushed={image(commit): manifest})
    assert push(monkeypatch, "dev", commit) == 1
    assert "is for linux/amd64, but linux/arm64 is needed" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [(), ("dev",), ("dev", "main"), ("dev", "0123abc")])
def test_push_without_a_full_commit_prints_its_usage(
    programs: FakePrograms, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    assert push(monkeypatch, *arguments) == 1
    assert programs.read()["calls"] == []


def test_push_missing_program_is_named(
    programs: FakePrograms, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = commit_of(repository)
    (programs.bin / "aws").unlink()
    monkeypatch.setenv("PATH", str(programs.bin))
    assert push(monkeypatch, "dev", commit) == 1
    assert "aws is not installed" in capsys.readouterr().err


def test_script_passes_its_arguments(programs: FakePrograms) -> None:
    done = subprocess.run(
        ["sh", str(ROOT / "bin/push-images"), "dev", "main"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("usage: sh bin/push-images")


def test_blocking_findings_of_the_enhanced_scan_are_read() -> None:
    details = {"vulnerabilityId": "CVE-2026-3", "vulnerablePackages": [{"name": "openssl"}]}
    scan = {"enhancedFindings": [{"severity": "CRITICAL", "packageVulnerabilityDetails": details}]}
    assert list(read_findings(scan)) == [Finding("CVE-2026-3", "openssl", "CRITICAL")]
    assert blocking_findings(read_findings(scan), {}, TODAY)


@pytest.mark.parametrize(
    "line",
    ["CVE-2026-1 2027-01-31", "CVE-2026-1 # reason", "CVE-2026-1 2027-13-31 # reason", "CVE-2026-1 2027-01-31 # "],
)
def test_accepted_finding_without_day_or_reason_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "accepted"
    path.write_text(line)
    with pytest.raises(ReleaseError, match=":1: "):
        read_accepted(path)


def test_accepted_findings_of_the_repository_are_readable() -> None:
    assert all(each.until > date(2026, 1, 1) for each in read_accepted(ROOT / ".ci/accepted-findings").values())


def test_debian_packages_removed_ones_are_left_out() -> None:
    removed = "Package: e\nStatus: deinstall ok config-files\nVersion: 2\n"
    status = f"Package: a\nStatus: install ok installed\nVersion: 1\nDescription: b\n c: d\n\n{removed}"
    assert list(debian_packages(status)) == [Component("deb", "a", "1")]
