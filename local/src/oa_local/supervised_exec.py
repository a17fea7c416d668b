"""Replaces this process by another program that ends with its parent.

`python -m oa_local.supervised_exec --parent PID [--unprivileged FOLDER] [--signal N] -- PROGRAM ARGUMENT…`

The kernel signals the program when the parent dies, even by SIGKILL. Postgres refuses to run as root and as a user
without a name; `--unprivileged` runs it in a user namespace with another user id or, where namespaces are forbidden,
as another user that may still enter the folders of root.
"""

import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

NOBODY = 65534
_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522
_CLONE_NEWUSER = 0x10000000

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def enter_user_namespace() -> None:
    """Become `nobody` in a new user namespace; outside it, the user stays the same. Raises OSError if forbidden."""
    uid, gid = os.geteuid(), os.getegid()
    _check(_libc.unshare(_CLONE_NEWUSER))
    Path("/proc/self/setgroups").write_text("deny", "ascii")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1", "ascii")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1", "ascii")


def become_nobody() -> None:
    """Become user 65534, keeping only the right to enter and read the folders of root. Raises OSError if refused."""
    _check(_libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    capability = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(capability, capability, capability, 0, 0, 0)
    _check(_libc.capset(header, sets))
    _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))


def namespaces_work() -> bool:
    """Return whether a user namespace can be entered; a child process tries it."""
    child = os.fork()
    if child == 0:
        try:
            enter_user_namespace()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _own(folder: Path, uid: int) -> None:
    if folder.exists() and folder.stat().st_uid != uid:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, uid, follow_symlinks=False)


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def drop_root(folder: Path) -> None:
    """Become a user that Postgres accepts (not root, with a name) and that owns `folder`; often nothing changes."""
    uid = os.geteuid()
    if uid != 0 and _has_name(uid):
        return
    if os.environ.get("OA_LOCAL_NAMESPACES", "yes") != "no" and namespaces_work():
        _own(folder, uid)
        enter_user_namespace()
    elif uid == 0:
        _own(folder, NOBODY)
        become_nobody()


def main() -> None:
    """Parse the command line described above and become the program."""
    split = sys.argv.index("--")
    options, command = sys.argv[1:split], sys.argv[split + 1 :]
    values = dict(zip(options[::2], options[1::2], strict=True))
    parent = int(values["--parent"])
    if "--unprivileged" in values:
        drop_root(Path(values["--unprivileged"]))
    _check(_libc.prctl(_PR_SET_PDEATHSIG, int(values.get("--signal", signal.SIGKILL)), 0, 0, 0))
    if os.getppid() != parent:
        sys.exit("oa_local.supervised_exec: the parent has already ended")
    os.execvp(command[0], command)  # noqa: S606 - becoming another program is what this module is for


if __name__ == "__main__":
    main()
