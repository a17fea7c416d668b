"""A port that accepts is not a service that answers, and a start that fails leaves no process."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest

from oa_local.batch.process import BatchProcess
from oa_local.client import LocalApi
from oa_local.emulator import Emulator
from oa_local.postgres import Postgres
from oa_local.process import Process, StartError, accepts, answers_http, free_port, is_ready
from oa_tools.deployment.aws import EmulatedAccount

_ENVIRON = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
# Accepts from the first moment, and answers after the third connection, like a server that recovers its data.
_SLOW_SERVER = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
for number in range(100):
    connection, _ = listener.accept()
    connection.recv(1000)
    if number > 2:
        connection.sendall(b"HTTP/1.1 204 No Content\\r\\nConnection: close\\r\\n\\r\\n")
    connection.close()
"""


@contextmanager
def _deaf_server() -> Iterator[int]:
    """Accept and close each connection without an answer; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            with suppress(OSError):
                while True:
                    listener.accept()[0].close()

        thread = threading.Thread(target=refuse)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _postgres(folder: Path, port: int) -> Postgres:
    server = Postgres(folder / "data", port=port)
    server.password_file.write_text("secret", "ascii")
    return server


_PARTS: dict[str, Callable[[Path, int], Callable[[], bool]]] = {
    "postgres": lambda folder, port: _postgres(folder, port).answers,
    "emulator": lambda folder, port: Emulator(folder, port=port).answers,
    "batch": lambda folder, port: BatchProcess(folder, _ENVIRON, port=port).answers,
    "account": lambda folder, port: EmulatedAccount(folder, folder, folder / "log", port=port).answers,
    "api": lambda _folder, port: LocalApi(f"http://127.0.0.1:{port}", "secret").answers,
    "ready": lambda _folder, port: lambda: is_ready(port),
    "program": lambda _folder, port: lambda: answers_http(f"http://127.0.0.1:{port}/"),
}


@pytest.mark.parametrize("part", _PARTS)
def test_part_whose_port_only_accepts_does_not_answer(part: str, tmp_path: Path) -> None:
    with _deaf_server() as port:
        answers = _PARTS[part](tmp_path, port)
        assert accepts(port)
        assert not answers()
    assert not answers()


def test_start_waits_until_the_program_answers(tmp_path: Path) -> None:
    port = free_port()
    process = Process([sys.executable, "-c", _SLOW_SERVER, str(port)], log=tmp_path / "log")
    tries: list[bool] = []

    def is_answering() -> bool:
        tries.append(answers_http(f"http://127.0.0.1:{port}/"))
        return tries[-1]

    process.start_and_wait("the server", is_answering)
    process.stop(timeout_s=0)
    assert tries.count(False) >= 3
    assert tries[-1]


def _sleeper(folder: Path) -> Process:
    command = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
    return Process(command, log=folder / "log", start_s=0.2)


def test_program_that_never_answers_is_stopped_and_its_log_shown(tmp_path: Path) -> None:
    process = _sleeper(tmp_path)
    process.start_s = 60
    process.start_and_wait("the sleeper", lambda: "up" in process.tail())
    process.stop(timeout_s=0)
    process.start_s = 0.2
    with pytest.raises(StartError, match=r"the sleeper did not answer within 0.2 s:\nup"):
        process.start_and_wait("the sleeper", lambda: False)
    assert not process.running


def test_program_that_ends_is_not_waited_for(tmp_path: Path) -> None:
    process = Process([sys.executable, "-c", "print('no such folder')"], log=tmp_path / "log")
    with pytest.raises(StartError, match="the program ended before it answered:\nno such folder"):
        process.start_and_wait("the program", lambda: False)


@pytest.mark.parametrize("reason", [KeyboardInterrupt, ZeroDivisionError])
def test_interrupted_start_leaves_no_process(tmp_path: Path, reason: type[BaseException]) -> None:
    process = _sleeper(tmp_path)

    def interrupt() -> bool:
        raise reason

    with pytest.raises(reason):
        process.start_and_wait("the sleeper", interrupt)
    assert not process.running


_STARTED: dict[str, Callable[[Path], Emulator | BatchProcess | EmulatedAccount]] = {
    "emulator": Emulator,
    "batch": lambda folder: BatchProcess(folder, _ENVIRON),
    "account": lambda folder: EmulatedAccount(folder, folder, folder / "log"),
}


@pytest.mark.parametrize("part", _STARTED)
def test_part_that_does_not_start_leaves_no_process(part: str, tmp_path: Path) -> None:
    server = _STARTED[part](tmp_path)
    server.process = _sleeper(tmp_path)
    with pytest.raises(StartError):
        server.start()
    assert not server.process.running


def test_postgres_that_is_starting_up_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder lets everyone in, so the start needs a connection to set a password."""
    server = Postgres(tmp_path / "data", fsync_off=True)
    server.prepare()
    rules = server.folder / "pg_hba.conf"
    rules.write_text(rules.read_text("utf-8").replace("scram-sha-256", "trust"), "utf-8")
    connect, refusals = psycopg2.connect, [psycopg2.OperationalError("the database system is starting up")] * 3

    def connect_later(url: str, **options: int) -> object:
        if refusals:
            raise refusals.pop()
        return connect(url, **options)

    monkeypatch.setattr(psycopg2, "connect", connect_later)
    server.start()
    try:
        assert refusals == []
        with pytest.raises(psycopg2.OperationalError, match="password"):
            connect(f"postgresql://postgres:wrong@127.0.0.1:{server.port}/postgres")
        with closing(connect(server.url())) as connection:
            assert connection.server_version
    finally:
        server.stop()


def test_interrupted_creation_of_the_data_folder_is_repeated(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "data", fsync_off=True)
    partial = tmp_path / "data.new"
    partial.mkdir()
    (partial / "PG_VERSION").write_text("18", "ascii")
    server.prepare()
    assert (server.folder / "pg_hba.conf").exists()
    assert not partial.exists()
