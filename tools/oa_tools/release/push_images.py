"""`sh bin/push-images ENV GIT_SHA [PLATFORM]`: builds the images of a commit and pushes them to ECR.

An image is pushed under the tag `candidate-COMMIT` and scanned. It gets the tag COMMIT, which Terraform deploys, if
its scan has no critical finding except those in `.ci/accepted-findings`. An image that has the tag COMMIT is
not replaced, so a rollback never waits for a scan. The image is that of one platform, without attestations, because the
basic scan of ECR refuses an index; its bill of materials is the file `.local/release/COMMIT/NAME.cdx.json`.
"""

import json
import os
import re
import sys
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from oa_tools.release.bill_of_materials import document, read_components
from oa_tools.release.findings import blocking_findings, read_accepted, read_findings
from oa_tools.release.programs import ReleaseError, read_platform, read_repository_urls, run
from oa_tools.release.registry import Repository

_ROOT = Path(__file__).parents[3]
_ACCEPTED = ".ci/accepted-findings"
PLATFORMS = ("linux/amd64", "linux/arm64")
SERVICES = ("api", "dispatcher", "task")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MIN_ARGUMENTS = 2


def main() -> int:
    """Push the missing images; return the exit status."""
    about = "Push the images of a commit that the registry of an environment lacks."
    parser = ArgumentParser(prog="bin/push-images", description=about)
    parser.add_argument("environment", metavar="ENV", nargs="?", help="environment, such as staging")
    parser.add_argument("commit", metavar="GIT_SHA", nargs="?", help="full hash of the commit")
    parser.add_argument("platform", metavar="PLATFORM", nargs="?", help="default: that of the stack")
    given = parser.parse_args()
    try:
        return _push_all([word for word in (given.environment, given.commit, given.platform) if word is not None])
    except ReleaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _push_all(arguments: list[str]) -> int:
    if len(arguments) < _MIN_ARGUMENTS or not _COMMIT.fullmatch(arguments[1]):
        raise ReleaseError("usage: sh bin/push-images ENV GIT_SHA [PLATFORM], with a full commit hash")
    environment, commit, *rest = arguments
    os.environ["TF_DATA_DIR"] = str(_ROOT / ".local" / "terraform" / environment)
    terraform = _ROOT / "terraform"
    platform = rest[0] if rest else read_platform(terraform)
    if platform not in PLATFORMS:
        raise ReleaseError(f"PLATFORM='{platform}' is unknown: use {' or '.join(PLATFORMS)}")
    repositories = {name: Repository(url) for name, url in read_repository_urls(terraform).items()}
    repositories[SERVICES[0]].log_in()
    with TemporaryDirectory() as folder:
        context = Path(folder)
        _unpack(commit, context)
        for service in SERVICES:
            _release(repositories[service], service, commit, platform, context)
    return 0


def _unpack(commit: str, context: Path) -> None:
    """Write the files of the commit, not of the working tree; the api's Dockerfile gets its deployed part."""
    run("tar", "-x", "-C", str(context), given=run("git", "-C", str(_ROOT), "archive", commit).output)
    dockerfile = context / "services/api/Dockerfile"
    deployed = (context / "terraform/images/api.Dockerfile").read_text("utf-8")
    dockerfile.write_text(f"{dockerfile.read_text('utf-8')}\n{as_next_stage(deployed)}", "utf-8")


def as_next_stage(dockerfile: str) -> str:
    """Return a Dockerfile that starts from the argument BASE as further stages of one that ends with `service`."""
    return re.sub(r"^ARG BASE\n", "", dockerfile, flags=re.MULTILINE).replace("FROM ${BASE}", "FROM service")


def get_today() -> date:
    """Return the day on which findings are judged."""
    return datetime.now(UTC).date()


def _release(repository: Repository, service: str, commit: str, platform: str, context: Path) -> None:
    image, candidate = f"{repository.url}:{commit}", f"candidate-{commit}"
    if repository.find_media_type(commit) is not None:
        _check_platform(image, platform)
        sys.stdout.write(f"{image} exists\n")
        return
    if repository.find_media_type(candidate) is None:
        _build_and_push(f"{repository.url}:{candidate}", service, commit, platform, context)
    repository.check_is_scannable(candidate)
    _check_platform(f"{repository.url}:{candidate}", platform)
    findings = list(read_findings(repository.wait_for_scan(candidate)))
    blocking = blocking_findings(findings, read_accepted(_ROOT / _ACCEPTED), get_today())
    for finding, reason in blocking.items():
        sys.stderr.write(f"{image}: {finding.name} in {finding.package} {reason}\n")
    if blocking:
        raise ReleaseError(
            f"{image} has {len(blocking)} critical findings. Update the base image or the package. Without an update, "
            f"if a finding does not concern this system, add `NAME YYYY-MM-DD # reason` to {_ACCEPTED}. Deploy again."
        )
    repository.add_tag(candidate, commit)
    sys.stdout.write(f"{image} pushed: {len(findings)} findings, none of them blocks\n")


def _build_and_push(tag: str, service: str, commit: str, platform: str, context: Path) -> None:
    run(
        *("docker", "buildx", "build", "--platform", platform, "--provenance=false", "--sbom=false", "--load"),
        *("--file", str(context / "services" / service / "Dockerfile"), "--build-arg", f"GIT_SHA={commit}"),
        *("--tag", tag, str(context)),
    )
    folder = _ROOT / ".local" / "release" / commit
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{service}-{platform.rpartition('/')[2]}"
    (folder / f"{name}.cdx.json").write_text(document(name, commit, read_components(tag)), "utf-8")
    run("docker", "push", tag)


def _check_platform(image: str, platform: str) -> None:
    """Raise ReleaseError if the image in the registry is for another platform, on which it would not start."""
    inspected = json.loads(run("docker", "manifest", "inspect", "--verbose", image).output)
    descriptors = [each["Descriptor"] for each in (inspected if isinstance(inspected, list) else [inspected])]
    platforms = {f"{each['platform']['os']}/{each['platform']['architecture']}" for each in descriptors}
    if platform not in platforms:
        raise ReleaseError(
            f"{image} is for {', '.join(sorted(platforms))}, but {platform} is needed: a tag cannot be replaced, so "
            "deploy another commit, or delete the image"
        )


if __name__ == "__main__":
    sys.exit(main())
