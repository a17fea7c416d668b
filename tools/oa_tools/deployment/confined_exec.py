"""Replaces this process by a program for which all files are read-only, as in a container with a read-only root.

`python confined_exec.py [--writable FOLDER]… -- PROGRAM ARGUMENT…`

In its own mount namespace, every file system except /proc, /sys and /dev is read-only, and an empty one of 1 GiB
is mounted at each writable folder. A user that is not root needs a user namespace for it. Exit status 3 means that the
kernel refuses the namespaces. It imports nothing of this project, because it runs as a file.
"""

import ctypes
import os
import sys
from pathlib import Path

REFUSED = 3
_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND = 1, 2, 4, 32, 4096
_MS_REC, _MS_PRIVATE = 16384, 1 << 18
# Flags of a mount that a user namespace may not drop, with their names in /proc/self/mountinfo.
_KEPT = {
    "nosuid": _MS_NOSUID,
    "nodev": _MS_NODEV,
    "noexec": 8,
    "noatime": 1024,
    "nodiratime": 2048,
    "relatime": 1 << 21,
}
_LEFT_ALONE = ("/proc", "/sys", "/dev")
_SIZE = "size=1g,mode=1777"

_libc = ctypes.CDLL(None, use_errno=True)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind)]
    if _libc.mount(*texts, ctypes.c_ulong(flags), None if options is None else options.encode()) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


def enter_namespaces() -> None:
    """Enter a mount namespace, as a user that is not root by way of a user namespace. Raises OSError if refused."""
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(_CLONE_NEWNS | (0 if uid == 0 else _CLONE_NEWUSER)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    if uid != 0:
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", "ascii")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", "ascii")
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)


def make_read_only(writable: list[str]) -> None:
    """Make all file systems read-only, then mount an empty one at each writable folder. Raises OSError."""
    for folder, options in _mounts():
        if folder == "/" or not folder.startswith(_LEFT_ALONE):
            kept = sum(flag for name, flag in _KEPT.items() if name in options)
            _mount(None, folder, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | kept)
    for folder in writable:
        _mount("tmpfs", folder, "tmpfs", _MS_NOSUID | _MS_NODEV, _SIZE)


def _mounts() -> list[tuple[str, list[str]]]:
    """Return each mount point with its options."""
    fields = [line.split() for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines()]
    return [(each[4].encode().decode("unicode_escape"), each[5].split(",")) for each in fields]


def main() -> None:
    """Parse the command line described above and become the program."""
    split = sys.argv.index("--")
    writable, command = sys.argv[2:split:2], sys.argv[split + 1 :]
    try:
        enter_namespaces()
        make_read_only(writable)
    except OSError as error:
        sys.stderr.write(f"confined_exec: {error}\n")
        sys.exit(REFUSED)
    # The images start in /tmp, and name no other folder for temporary files.
    os.environ.pop("TMPDIR", None)
    os.chdir("/tmp")  # noqa: S108 - as in the images
    os.execvp(command[0], command)  # noqa: S606 - becoming another program is what this is for


if __name__ == "__main__":
    main()
