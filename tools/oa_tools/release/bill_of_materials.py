"""The bill of materials of an image, in CycloneDX 1.5: its packages of Debian, of Python and of npm."""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from oa_tools.release.programs import ReleaseError, run

PACKAGES = "/opt/oa/packages.json"  # services/image/list_packages.py writes it
_DPKG_STATUS = "/var/lib/dpkg/status"


@dataclass(frozen=True, slots=True, order=True)
class Component:
    """A package: its ecosystem as in a package URL (deb, pypi, npm), its name and version."""

    ecosystem: str
    name: str
    version: str

    @property
    def package_url(self) -> str:
        """The identifier by which vulnerability databases find the package."""
        namespace = "debian/" if self.ecosystem == "deb" else ""
        name = self.name.lower().replace("_", "-") if self.ecosystem == "pypi" else self.name
        return f"pkg:{self.ecosystem}/{namespace}{quote(name, safe='/')}@{quote(self.version, safe='')}"


def debian_packages(status: str) -> Iterator[Component]:
    """Yield the installed packages in the status file of dpkg."""
    for paragraph in status.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and not line.startswith(" ")
        )
        if fields.get("Status", "").endswith(" installed"):
            yield Component("deb", fields["Package"], fields["Version"])


def read_components(image: str) -> list[Component]:
    """Return the packages of an image, sorted, without running it. Raises ReleaseError."""
    container = run("docker", "create", image).text
    try:
        listed = json.loads(_read_file(container, PACKAGES))
        debian = list(debian_packages(_read_file(container, _DPKG_STATUS)))
    finally:
        run("docker", "rm", container)
    components = {Component(each["type"], each["name"], each["version"]) for each in listed}
    return sorted({*components, *debian})


def document(image: str, commit: str, components: Iterable[Component]) -> str:
    """Return the bill of materials as JSON; the same for the same packages, so that two of them can be compared."""
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {"component": {"type": "container", "bom-ref": image, "name": image, "version": commit}},
            "components": [
                {
                    "type": "library",
                    "bom-ref": component.package_url,
                    "name": component.name,
                    "version": component.version,
                    "purl": component.package_url,
                }
                for component in components
            ],
        },
        indent=1,
    )


def _read_file(container: str, path: str) -> str:
    """Return a file of a container that was created, and may be for another CPU; docker prints it in a tar archive."""
    with tarfile.open(fileobj=io.BytesIO(run("docker", "cp", f"{container}:{path}", "-").output)) as archive:
        file = archive.extractfile(path.rpartition("/")[2])
        if file is None:
            raise ReleaseError(f"{path} of the image is not a file")
        return file.read().decode("utf-8")
