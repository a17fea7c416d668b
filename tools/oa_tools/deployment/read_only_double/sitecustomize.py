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
# The arguments of an audit event that name what it changes.
_CHANGES = {
    "os.mkdir": (0,),
    "os.rename": (0, 1),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.symlink": (1,),
    "os.link": (1,),
}


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        flags = arguments[2]
        paths = arguments[:1] if isinstance(flags, int) and flags & _WRITING else ()
    else:
        paths = tuple(arguments[place] for place in _CHANGES.get(event, ()))
    for path in paths:
        if isinstance(path, (str, bytes, os.PathLike)) and not _is_writable(os.fsdecode(path)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fsdecode(path))


def _is_writable(path: str) -> bool:
    absolute = os.path.abspath(path)  # noqa: PTH100 - `resolve` opens links, which are events too
    return any(folder and (absolute == folder or absolute.startswith(f"{folder}/")) for folder in _WRITABLE)


sys.addaudithook(_refuse)
