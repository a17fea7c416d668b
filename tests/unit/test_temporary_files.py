"""The services write temporary files to /tmp only, and those have a bound below the size of that volume."""

import ast
import errno
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from oa_api.schedules import repository
from oa_api.schedules.archive import RepositoryUnavailableError
from oa_api.schedules.repository import MAX_ARCHIVE_BYTES, RepositoryReader, SourceRepository
from oa_api.settings import Settings
from oa_api.uploads.api import MAX_ARRIVING

ROOT = Path(__file__).parents[2]
SERVICES = ("services/api/src", "services/dispatcher/src", "shared/src")
# docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html: the disk of a task, images included.
TASK_BYTES, IMAGE_BYTES = 20 * 1024**3, 2 * 1024**3
# Where a service makes temporary files, with the most that it holds at one time.
BOUNDS = {
    "oa_api/schedules/repository.py": MAX_ARCHIVE_BYTES,
    "oa_api/uploads/api.py": MAX_ARRIVING * Settings.__dataclass_fields__["upload_max_bytes"].default,
}
IMAGES = ("services/api/Dockerfile", "services/dispatcher/Dockerfile", "services/task/Dockerfile")
MODULES = (
    "terraform/modules/service/main.tf",
    "terraform/modules/schedule/main.tf",
    "terraform/modules/batch/definitions.tf",
)


def modules_with_temporary_files() -> Iterator[str]:
    for folder in SERVICES:
        for path in (ROOT / folder).rglob("*.py"):
            imported = {
                name
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(node, ast.Import | ast.ImportFrom)
                for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module])
            }
            if "tempfile" in imported:
                yield str(path.relative_to(ROOT / folder))


def test_temporary_files_of_each_service_have_a_bound() -> None:
    assert set(modules_with_temporary_files()) == set(BOUNDS), "a module makes temporary files: state their bound here"
    assert sum(BOUNDS.values()) < (TASK_BYTES - IMAGE_BYTES) / 2, "two schedules or processes share the disk of a task"


@pytest.mark.parametrize("path", IMAGES)
def test_image_has_a_folder_that_a_mounted_volume_takes_its_mode_from(path: str) -> None:
    last_stage = (ROOT / path).read_text("utf-8").split("\nFROM ")[-1]
    assert re.search(r'^VOLUME \["/tmp"\]$', last_stage, re.MULTILINE), "Fargate mounts the volume as root's, mode 0755"


@pytest.mark.parametrize("path", MODULES)
def test_container_with_a_read_only_root_can_write_to_its_temporary_folder(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    assert "readonlyRootFilesystem = true" in text
    assert re.search(r'mountPoints += \[\{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false \}\]', text)


async def test_disk_that_takes_no_archive_is_a_reason_to_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    async def download(*_: object, **__: object) -> AsyncIterator[bytes]:
        yield b"unused"

    monkeypatch.setattr(repository.tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(RepositoryReader, "_download", download)
    with pytest.raises(RepositoryUnavailableError, match="cannot be kept on disk"):
        await RepositoryReader().read(SourceRepository("https://example.org/sources.zip"), None)
