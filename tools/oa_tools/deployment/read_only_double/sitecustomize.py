"""A read-only disk for Python alone, where the kernel offers no namespaces: imported at the start of each interpreter.

Files can be opened for writing below the folders in OA_WRITABLE_FOLDERS and /dev only. Programs that are not Python,
and interpreters with an empty environment, are not confined.
"""

# ruff: noqa: INP001 - Python finds this module by its name
import errno
import os
import sys

_WRITABLE = (*os.environ["OA_WRITABLE_FOLDERS"].split(":"), "/dev", "/proc")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_HERE = -1


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse to create a file or a folder elsewhere. A path below an open folder was allowed with that folder."""
    if event == "open":
        path, _, flags = arguments
        is_change = isinstance(flags, int) and bool(flags & _WRITING)
    elif event == "os.mkdir":
        path, _, folder = arguments
        is_change = folder == _HERE
    else:
        return
    if is_change and isinstance(path, (str, bytes, os.PathLike)) and not _is_writable(os.fsdecode(path)):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fsdecode(path))


def _is_writable(path: str) -> bool:
    absolute = os.path.abspath(path)  # noqa: PTH100 - `resolve` opens links, which are events too
    return any(folder and (absolute == folder or absolute.startswith(f"{folder}/")) for folder in _WRITABLE)


sys.addaudithook(_refuse)
