"""Containers of the images under check."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_WITHIN_S = 180.0
USER = "65532:65532"


class ImageCheckError(Exception):
    """An image did not do its work; the text has the output of its container."""


@dataclass(slots=True)
class Container:
    """A container that was started in the background."""

    name: str

    def logs(self) -> str:
        """Return what it printed."""
        done = subprocess.run(docker_command("logs", self.name), capture_output=True, text=True, check=False)  # noqa: S603
        return (done.stdout + done.stderr)[-3000:]

    def is_running(self) -> bool:
        """Return whether it has not ended."""
        inspect = docker_command("container", "inspect", "--format", "{{.State.Running}}", self.name)
        done = subprocess.run(inspect, capture_output=True, text=True, check=False)  # noqa: S603
        return done.stdout.strip() == "true"


def docker_command(*words: str) -> list[str]:
    """Return the command of the container engine with these words."""
    return [os.environ.get("DOCKER", "docker"), *words]


def _options(environ: Mapping[str, str], mounts: Mapping[Path, str]) -> list[str]:
    confined = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "host"]
    writable = ["--mount", "type=volume,destination=/tmp"]
    given = [word for name, value in environ.items() for word in ("--env", f"{name}={value}")]
    volumes = [word for path, target in mounts.items() for word in ("--volume", f"{path}:{target}:ro")]
    return [*confined, *writable, *given, *volumes]


def run(image: str, *command: str, environ: Mapping[str, str], mounts: Mapping[Path, str], entrypoint: str = "") -> str:
    """Run a container to its end and return its output. Raises ImageCheckError."""
    program = ["--entrypoint", entrypoint] if entrypoint else []
    words = docker_command("run", "--rm", *_options(environ, mounts), *program, image, *command)
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_WITHIN_S * 4)  # noqa: S603
    if done.returncode:
        raise ImageCheckError(
            f"{image} {' '.join(command)}: exit {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}"
        )
    return done.stdout


@contextmanager
def serving(image: str, *command: str, environ: Mapping[str, str], mounts: Mapping[Path, str]) -> Iterator[Container]:
    """Start a container in the background and remove it at the end. Raises ImageCheckError if it ended earlier."""
    container = Container(f"oa-check-{os.getpid()}-{time.monotonic_ns()}")
    words = docker_command("run", "--detach", "--name", container.name, *_options(environ, mounts), image, *command)
    subprocess.run(words, check=True, capture_output=True)  # noqa: S603
    try:
        yield container
        if not container.is_running():
            raise ImageCheckError(f"{image} ended:\n{container.logs()}")
    except TimeoutError as error:
        raise ImageCheckError(f"{image}: {error}\n{container.logs()}") from error
    finally:
        subprocess.run(docker_command("rm", "--force", "--volumes", container.name), check=False, capture_output=True)  # noqa: S603


def wait_until(what: str, is_done: Callable[[], bool]) -> None:
    """Wait for a condition. Raises ImageCheckError when it takes too long."""
    deadline = time.monotonic() + _WITHIN_S
    while not is_done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took longer than {_WITHIN_S:g} s")
        time.sleep(0.5)
