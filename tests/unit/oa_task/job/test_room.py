"""The room of an attempt: its folder, and the sandbox that starts with the container."""

import errno
import os
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from oa_shared.job_kinds import PRODUCTS
from oa_task.job.room import open_room
from oa_task.sandbox.parent import Sandbox


def test_room_of_a_source_job_has_a_waiting_sandbox_until_it_closes() -> None:
    with open_room("source") as room:
        assert room.sandbox is not None
        process = psutil.Process(room.sandbox.process_id)
        assert process.ppid() == os.getpid()
        assert room.sandbox.out.parent == room.out
    assert not psutil.pid_exists(process.pid)
    assert not room.folder.exists()


@pytest.mark.parametrize("kind", [*PRODUCTS, "of a later version"])
def test_room_of_another_job_has_a_folder_only(kind: str) -> None:
    with open_room(kind) as room:
        assert room.sandbox is None
        assert list(room.folder.iterdir()) == [room.out]
    assert not room.folder.exists()


def test_room_whose_sandbox_does_not_start_leaves_it_to_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_sandbox: Sandbox, _out: Path) -> None:
        raise OSError(errno.ENOMEM, "no memory")

    monkeypatch.setattr(Sandbox, "__init__", refuse)
    with open_room("source") as room:
        assert room.sandbox is None
