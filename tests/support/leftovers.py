"""What a test leaves in its worker: child processes, threads, open files, sockets, and temporary files.

A bystander would fail in its place: the ResourceWarning of a forgotten process comes with the next garbage collection,
minutes later. The plugin compares the worker after each test with what its longer-lived fixtures opened.
"""

import gc
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path

import pytest

# What has just been closed may take this long to vanish on a busy machine; only a test that fails waits so long.
_SETTLE_S = 60.0
_POLL_S = 0.02
_SOCKETS, _LISTENING = (Path("/proc/net/tcp"), Path("/proc/net/tcp6")), "0A"
_TASKS, _DESCRIPTORS = Path("/proc/self/task"), Path("/proc/self/fd")
# Devices, files that libraries keep open (the database of PROJ), and files of pytest itself.
_PROCESS_WIDE = ("/dev/", "/proc/", "/sys/", "/usr/", "/memfd:", sys.prefix, sys.base_prefix)

# In the folder that `tmp_path` is in; of `oa_task.read.scratch`, one for each process, which removes it at its exit.
_REMOVED_LATER = ("/pytest-of-", "/oa-read-")

Resource = tuple[str, Hashable]


def child_processes() -> Iterator[Resource]:
    """Yield the direct children of this process that have not been waited for; none where the system has no list."""
    for task in _TASKS.glob("*/children"):
        with suppress(OSError):
            yield from (("process", int(word)) for word in task.read_text("ascii").split())


def threads() -> Iterator[Resource]:
    """Yield the threads of Python that run, without those in which an event loop awaits calls."""
    main = threading.main_thread()
    for thread in threading.enumerate():
        if thread is not main and not thread.name.startswith("asyncio_"):
            yield "thread", thread


def descriptors() -> Iterator[Resource]:
    """Yield the open files and the sockets, of which only those of servers count (`listening`)."""
    with suppress(FileNotFoundError):
        for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208 - likewise
            with suppress(OSError):
                target = os.readlink(_DESCRIPTORS / name)  # noqa: PTH115 - after each test, so without Path.readlink
                if target.startswith(("socket:", "/")) and not target.startswith(_PROCESS_WIDE):
                    yield "open file", (int(name), target)


def listening(sockets: set[Resource]) -> set[Resource]:
    """Return the sockets that listen. The connections of a test end with its event loop, some of them later."""
    inodes = set()
    for table in _SOCKETS:
        with suppress(FileNotFoundError):
            rows = [line.split() for line in table.read_text("ascii").splitlines()[1:]]
            inodes |= {f"socket:[{row[9]}]" for row in rows if row[3] == _LISTENING}
    return {(kind, value) for kind, value in sockets if isinstance(value, tuple) and value[1] in inodes}


def describe(resource: Resource) -> str:
    """Return what a resource is, with the command of a process."""
    kind, value = resource
    if kind != "process":
        return f"{kind} {value}"
    try:
        command = Path(f"/proc/{value}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        command = ""
    return f"process {value} ({command or 'ended, but not waited for'})"


@dataclass(slots=True)
class Leftovers:
    """The resources of this worker, and which of them a fixture that still lives has opened."""

    settle_s: float = _SETTLE_S
    owned: dict[Hashable, set[Resource]] = field(default_factory=dict)
    restarting: set[Hashable] = field(default_factory=set)
    known: set[Resource] = field(default_factory=set)
    temporary: set[str] = field(default_factory=set)

    def find(self) -> set[Resource]:
        """Return all resources that exist now."""
        self.temporary = {path for path in self.temporary if os.path.lexists(path)}
        paths = (("temporary file", path) for path in self.temporary)
        return {*child_processes(), *threads(), *descriptors(), *paths}

    def start(self) -> None:
        """Take what exists now as given."""
        self.known = self.find()

    @contextmanager
    def opened_by(self, owner: Hashable, *, may_restart: bool = False) -> Iterator[None]:
        """Note what the block opens as the property of a fixture, until `release`; `may_restart` its processes."""
        before = self.find()
        try:
            yield
        finally:
            opened = self.find() - before
            new = opened.difference(*self.owned.values())
            self.owned.setdefault(owner, set()).update(new)
            if may_restart and new:
                self.restarting.add(owner)

    def release(self, owner: Hashable) -> None:
        """Note that a fixture has ended: what it opened has to be gone."""
        self.owned.pop(owner, None)
        self.restarting.discard(owner)

    def collect(self) -> list[str]:
        """Return the resources without an owner, after a garbage collection and a pause if needed, each only once."""
        left = self._find_unowned()
        if left:
            gc.collect()
            deadline = time.monotonic() + self.settle_s
            while (left := self._find_unowned()) and time.monotonic() < deadline:
                time.sleep(_POLL_S)
        self.known = (self.known & self.find()) | left
        return sorted(map(describe, left))

    def _find_unowned(self) -> set[Resource]:
        found = self.find()
        lasting = {resource for owned in self.owned.values() for resource in owned & found}
        left = found - self.known - lasting
        sockets = {resource for resource in left if "socket:" in str(resource[1])}
        if sockets:
            left = (left - sockets) | listening(sockets)
        # A stack of a module restarts what tests kill, an API starts its examiner at the first request: all has to be
        # gone when that fixture ends.
        restarted = {resource for resource in left if resource[0] == "process"}
        for owner in self.restarting & self.owned.keys():
            self.owned[owner] |= restarted
            left -= restarted
        if any(kind == "thread" for kind, _ in lasting):
            # A server in a thread of a longer-lived fixture opens connections and threads of its own.
            left = {(kind, value) for kind, value in left if kind in {"process", "temporary file"}}
        return left

    def watch_temporary_files(self) -> Callable[[], None]:
        """Note each temporary file and folder that this process creates; return what ends that."""
        names = ("mkdtemp", "mkstemp")
        originals: Mapping[str, Callable[..., object]] = {name: getattr(tempfile, name) for name in names}

        def noting(create: Callable[..., object]) -> Callable[..., object]:
            @wraps(create)
            def create_and_note(*args: object, **options: object) -> object:
                created = create(*args, **options)
                path = created[1] if isinstance(created, tuple) else created
                text = os.fsdecode(path)  # type: ignore[arg-type] # a path of tempfile
                if not any(part in text for part in _REMOVED_LATER):
                    self.temporary.add(text)
                return created

            return create_and_note

        for name, create in originals.items():
            setattr(tempfile, name, noting(create))

        def restore() -> None:
            for name, create in originals.items():
                setattr(tempfile, name, create)

        return restore


class LeftoversPlugin:
    """Fails the test that leaves something behind. A conftest cannot: its hooks miss fixtures of the session."""

    def __init__(self, *, settle_s: float = _SETTLE_S) -> None:
        self._leftovers = Leftovers(settle_s)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Begin to note temporary files."""
        session.config.add_cleanup(self._leftovers.watch_temporary_files())

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Take what the collection has opened as given."""
        self._leftovers.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        """Note what a fixture opens that outlives a test."""
        if fixturedef.scope == "function":
            return (yield)
        with self._leftovers.opened_by(fixturedef, may_restart=fixturedef.scope != "session"):
            return (yield)

    def pytest_fixture_post_finalizer(self, fixturedef: pytest.FixtureDef[object]) -> None:
        """Expect that what a fixture has opened is gone."""
        self._leftovers.release(fixturedef)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None]:
        """Fail the test: a wrapper that comes first is the last to end, when all fixtures of the test have ended."""
        yield
        left = self._leftovers.collect()
        if left:
            pytest.fail("the test leaves these behind; end them in a fixture or a `with` block:\n" + "\n".join(left))
