"""Rooms of attempts in the folder of a test."""

import tempfile
from pathlib import Path

from oa_task.job.room import AttemptRoom


def new_room(folder: Path) -> AttemptRoom:
    """Return a room in a new folder, without a sandbox: the attempt starts its own."""
    room = AttemptRoom(Path(tempfile.mkdtemp(prefix="room-", dir=folder)))
    room.out.mkdir()
    return room
