"""An image in ECR: whether a tag exists, its scan, and its release under another tag."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from oa_tools.release.programs import Completed, ReleaseError, attempt, run

_SCANNED = {"COMPLETE", "ACTIVE"}  # of the basic and of the enhanced scan
_WAITING = {"IN_PROGRESS", "PENDING"}
_INDEXES = {"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"}


class ImageDetail(TypedDict):
    """An image of DescribeImages."""

    imageManifestMediaType: str


class ImageManifest(TypedDict):
    """An image of BatchGetImage."""

    imageManifest: str
    imageManifestMediaType: str


class ScanStatus(TypedDict, total=False):
    """The state of a scan, and why it failed."""

    status: str
    description: str


class EcrAnswer(TypedDict, total=False):
    """The fields of the answers of ECR that are used here."""

    imageDetails: list[ImageDetail]
    images: list[ImageManifest]
    imageScanStatus: ScanStatus
    imageScanFindings: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of ECR, from a URL such as 123456789012.dkr.ecr.us-east-1.amazonaws.com/oa-prod/api."""

    url: str
    scan_within_s: float = 900.0
    poll_every_s: float = 5.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    @property
    def registry(self) -> str:
        """The host."""
        return self.url.partition("/")[0]

    @property
    def region(self) -> str:
        """The AWS region."""
        return self.registry.split(".")[3]

    @property
    def name(self) -> str:
        """The name without the host."""
        return self.url.partition("/")[2]

    def log_in(self) -> None:
        """Let docker push to the registry. Raises ReleaseError."""
        password = run("aws", "ecr", "get-login-password", "--region", self.region).output
        run("docker", "login", "--username", "AWS", "--password-stdin", self.registry, given=password)

    def find_media_type(self, tag: str) -> str | None:
        """Return the media type of the manifest of a tag, or None without such an image. Raises ReleaseError."""
        done = self._ask("describe-images", "--image-ids", f"imageTag={tag}")
        if done.status and "ImageNotFoundException" in done.errors:
            return None
        return self._parse(done)["imageDetails"][0]["imageManifestMediaType"]

    def check_is_scannable(self, tag: str) -> None:
        """Raise ReleaseError if the tag names an index: the basic scan of ECR refuses those."""
        media_type = self.find_media_type(tag)
        if media_type in _INDEXES:
            raise ReleaseError(
                f"{self.url}:{tag} is an index ({media_type}), which ECR does not scan: the image was pushed for "
                "several platforms or with attestations. Delete the tag; build with --provenance=false --sbom=false."
            )

    def wait_for_scan(self, tag: str) -> Mapping[str, object]:
        """Return the findings of the scan after a push. Raises ReleaseError if it fails or does not end."""
        deadline = time.monotonic() + self.scan_within_s
        state = "not started"
        while True:
            done = self._ask("describe-image-scan-findings", "--image-id", f"imageTag={tag}")
            if not done.status:
                answer = self._parse(done)
                state = answer["imageScanStatus"]["status"]
                if state in _SCANNED:
                    return answer.get("imageScanFindings", {})
                if state not in _WAITING:
                    why = answer["imageScanStatus"].get("description", "without a description")
                    raise ReleaseError(f"the scan of {self.url}:{tag} ended as {state}: {why}")
            elif "ScanNotFoundException" not in done.errors:
                self._parse(done)
            if time.monotonic() >= deadline:
                raise ReleaseError(
                    f"the scan of {self.url}:{tag} is {state} after {self.scan_within_s:g} s: check in the "
                    "console of ECR that the repository scans on push, then deploy again"
                )
            self.sleep(self.poll_every_s)

    def add_tag(self, existing: str, new: str) -> None:
        """Give an image a second tag. Raises ReleaseError."""
        answer = self._parse(self._ask("batch-get-image", "--image-ids", f"imageTag={existing}"))
        (image,) = answer["images"]
        self._parse(
            self._ask(
                "put-image",
                *("--image-tag", new, "--image-manifest", image["imageManifest"]),
                *("--image-manifest-media-type", image["imageManifestMediaType"]),
            )
        )

    def _ask(self, operation: str, *options: str) -> Completed:
        return attempt(
            *("aws", "ecr", operation, "--region", self.region, "--output", "json"),
            *("--repository-name", self.name, *options),
        )

    def _parse(self, done: Completed) -> EcrAnswer:
        if done.status:
            raise ReleaseError(f"ECR refused a request about {self.url}: {done.errors[-2000:]}")
        parsed: EcrAnswer = json.loads(done.output)
        return parsed
