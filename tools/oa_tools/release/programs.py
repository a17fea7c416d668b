"""The programs `aws`, `docker`, `git` and `terraform`, and the errors when one of them fails."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

_WITHIN_S = 3600  # a build under emulation of another CPU takes half an hour


class ReleaseError(Exception):
    """An image cannot be released; the text states what failed, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What a program printed, and its exit status."""

    status: int
    output: bytes
    errors: str

    @property
    def text(self) -> str:
        """The output as text without surrounding space."""
        return self.output.decode("utf-8").strip()


def attempt(*command: str, given: bytes | None = None) -> Completed:
    """Run a program, whatever its exit status. Raises ReleaseError if it is not installed or does not end."""
    try:
        done = subprocess.run(  # noqa: S603 - programs of the release, with our own arguments
            command, input=given, capture_output=True, check=False, timeout=_WITHIN_S
        )
    except FileNotFoundError as error:
        raise ReleaseError(f"{command[0]} is not installed: docs/deploy.md lists the tools") from error
    except subprocess.TimeoutExpired as error:
        raise ReleaseError(f"`{' '.join(command[:3])}` did not end within {_WITHIN_S} s") from error
    return Completed(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").strip())


def run(*command: str, given: bytes | None = None) -> Completed:
    """Run a program. Raises ReleaseError with the end of its error output if it fails."""
    done = attempt(*command, given=given)
    if done.status:
        raise ReleaseError(f"`{' '.join(command[:4])}` failed with status {done.status}: {done.errors[-2000:]}")
    return done


def read_repository_urls(terraform: Path) -> dict[str, str]:
    """Return the image repositories of the stack by service. Raises ReleaseError."""
    printed = run("terraform", f"-chdir={terraform}", "output", "-json", "repository_urls").text
    urls: dict[str, str] = json.loads(printed)
    return urls


def read_platform(terraform: Path) -> str:
    """Return the platform for which the stack needs its images, such as linux/arm64. Raises ReleaseError."""
    return run("terraform", f"-chdir={terraform}", "output", "-raw", "image_platform").text
