"""`docker` with buildx, on a machine whose images are entries of the state."""

import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import fake_state

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX = "application/vnd.oci.image.index.v1+json"
STATUS = "Package: dash\nStatus: install ok installed\nVersion: 0.5.12-2\n"
FILES = {
    "/opt/oa/packages.json": '[{"type": "pypi", "name": "typing_extensions", "version": "4.16.0"}]',
    "/var/lib/dpkg/status": STATUS,
}


def log_in(words: list[str], state: dict[str, Any]) -> None:
    if not sys.stdin.read():
        fake_state.refuse("Error: Password Required")
    state["logged_in"] = words[-1]


def build(words: list[str], state: dict[str, Any]) -> None:
    given = fake_state.options(words)
    if not Path(given["--file"]).is_file():
        fake_state.refuse(f"ERROR: failed to read dockerfile: open {given['--file']}: no such file or directory")
    if "," in given["--platform"] and "--load" in given:
        fake_state.refuse("ERROR: docker exporter does not currently support exporting manifest lists")
    plain = given.get("--provenance") == "false" and given.get("--sbom") == "false"
    state["local"][given["--tag"]] = {
        "platform": given["--platform"],
        "media_type": MANIFEST if plain else INDEX,
        "dockerfile": Path(given["--file"]).read_text(),
    }


def create(words: list[str], state: dict[str, Any]) -> None:
    if words[1] not in state["local"]:
        fake_state.refuse(f"Unable to find image '{words[1]}' locally")
    sys.stdout.write("0123456789ab\n")


def copy(words: list[str], state: dict[str, Any]) -> None:
    path = words[1].partition(":")[2]
    if path not in FILES:
        fake_state.refuse(f"Error response from daemon: Could not find the file {path} in container")
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
        entry = tarfile.TarInfo(path.rpartition("/")[2])
        entry.size = len(FILES[path])
        archive.addfile(entry, io.BytesIO(FILES[path].encode()))


def push(words: list[str], state: dict[str, Any]) -> None:
    if state.get("logged_in") != words[1].partition("/")[0]:
        fake_state.refuse("no basic auth credentials")
    if words[1] in state["pushed"]:
        fake_state.refuse("tag invalid: The image tag already exists in the repository and cannot be overwritten")
    state["pushed"][words[1]] = state["local"][words[1]]


def inspect(words: list[str], state: dict[str, Any]) -> None:
    image = state["pushed"].get(words[-1]) or fake_state.refuse(f"no such manifest: {words[-1]}")
    system, _, architecture = image["platform"].partition("/")
    sys.stdout.write(json.dumps({"Descriptor": {"platform": {"os": system, "architecture": architecture}}}))


def remove(words: list[str], state: dict[str, Any]) -> None:
    del words, state


COMMANDS = {
    "login": log_in,
    "buildx": build,
    "create": create,
    "cp": copy,
    "push": push,
    "manifest": inspect,
    "rm": remove,
}


def main() -> None:
    words = sys.argv[1:]
    state = fake_state.read("docker")
    if words[0] not in COMMANDS:
        fake_state.refuse(f"docker: unknown command: docker {words[0]}")
    COMMANDS[words[0]](words, state)
    fake_state.write(state)


if __name__ == "__main__":
    main()
