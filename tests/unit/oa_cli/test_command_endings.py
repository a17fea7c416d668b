"""Every command of `oa` and `oa-task` in a shell: the reader of its output leaves, the disk is full, Ctrl-C."""

import errno
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import click
import pytest
from click.testing import CliRunner

from oa_cli import output
from oa_cli.main import main as oa
from oa_cli.runner import ExitStatus
from oa_cli.submission import read_element
from oa_shared.command_ending import end_quietly, shell_status
from oa_shared.failures import exit_status
from oa_task.commands import console as task_console
from oa_task.main import main as oa_task
from support.programs import ending

_BIN = Path(sys.executable).parent
_DEFINITION = (
    '{"schema": 2, "coverage": {"country": "us"}, "layers": {"addresses": [{"name": "city", "protocol": "http", '
    '"data": "DATA", "conform": {"format": "csv", "lon": "x", "lat": "y", "number": "n", "street": "s"}}]}}'
)


class _FailingOutput(io.StringIO):
    """An output each write of which fails."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def write(self, _text: str) -> int:
        raise OSError(self._number, os.strerror(self._number))  # errno EPIPE makes it a BrokenPipeError


def _leaves(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield words, command
        return
    for name, member in command.commands.items():
        yield from _leaves(member, (*words, name))


def _status(program: click.Group, arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        program.main(arguments, prog_name="oa")
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize("program", [oa, oa_task], ids=["oa", "oa-task"])
@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC], ids=["reader left", "disk full"])
def test_every_command_ends_without_traceback_if_its_output_fails(
    program: click.Group, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = ExitStatus.UNWRITABLE if program is oa else exit_status("resource.disk_full")
    expected = {errno.EPIPE: 128 + signal.SIGPIPE, errno.ENOSPC: full}[number]

    def fail(*_arguments: object, **_options: object) -> None:
        _FailingOutput(number).write("")

    wrong = []
    for words, leaf in _leaves(program):
        with monkeypatch.context() as patch:
            patch.setattr(leaf, "invoke", fail)
            patch.setattr(leaf, "params", [])
            if (status := _status(program, list(words))) != expected:
                wrong.append((words, status))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", _FailingOutput(number))
        assert _status(program, ["--help"]) == expected
    assert wrong == []


@pytest.mark.parametrize("program", [oa, oa_task], ids=["oa", "oa-task"])
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, click.Abort], ids=["anywhere", "at a prompt"])
def test_every_command_ends_with_130_on_ctrl_c(
    program: click.Group, interruption: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_arguments: object, **_options: object) -> None:
        raise interruption

    wrong = []
    for words, leaf in _leaves(program):
        with monkeypatch.context() as patch:
            patch.setattr(leaf, "invoke", interrupt)
            patch.setattr(leaf, "params", [])
            done = CliRunner().invoke(program, list(words))
        if done.exit_code != ExitStatus.INTERRUPTED or done.stderr != "interrupted\n":
            wrong.append((words, done.exit_code, done.stderr))
    assert wrong == []


@pytest.mark.parametrize("make_console", [output.make_console, task_console.make_console])
def test_console_passes_on_that_its_reader_left(make_console: type[click.Group]) -> None:
    console = make_console()
    console.file = _FailingOutput(errno.EPIPE)
    with pytest.raises(SystemExit) as ended, end_quietly(unwritable=8):
        console.print("text")
    assert ended.value.code == ExitStatus.READER_LEFT


def test_error_of_a_file_is_not_taken_for_one_of_the_output() -> None:
    with pytest.raises(OSError, match=r"a\.csv"), end_quietly(unwritable=8):
        raise OSError(errno.ENOSPC, "No space left on device", "a.csv")


@pytest.mark.parametrize(("code", "status"), [(0, 0), (10, 10), (-signal.SIGINT, 130), (-signal.SIGKILL, 137)])
def test_shell_status_of_a_child(code: int, status: int) -> None:
    assert shell_status(code) == status


def test_check_whose_reader_leaves_ends_with_141(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(_DEFINITION)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [_BIN / "oa", "check", "a.json"], cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (ExitStatus.READER_LEFT, b"")


def test_closed_output_is_one_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(_DEFINITION)
    (tmp_path / "a.csv").write_text("x,y,n,s\n-100,40,1,Main St\n")
    engine, ended = exit_status("resource.disk_full"), {}
    for words, status in (
        ("oa check a.json >&-", engine),
        ("oa check a.json <&- >&-", engine),
        ("oa check --json a.json >&-", engine),
        ("oa try a.json --data a.csv >&-", engine),
        ("oa --help >&-", ExitStatus.UNWRITABLE),
    ):
        line = f"{_BIN}/{words}"
        done = subprocess.run(["sh", "-c", line], cwd=tmp_path, stderr=subprocess.PIPE, check=False)
        if (done.returncode, done.stderr) != (status, b"cannot write the output: Bad file descriptor\n"):
            ended[words] = (done.returncode, done.stderr)
    assert ended == {}


@pytest.fixture
def stuck_server() -> Iterator[tuple[str, Event]]:
    asked, ended = Event(), Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            asked.set()
            ended.wait(60)

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/a.csv", asked
    ended.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("command", ["try", "diff"])
def test_ctrl_c_during_a_download_ends_with_130_and_one_line(
    command: str, stuck_server: tuple[str, Event], tmp_path: Path
) -> None:
    address, asked = stuck_server
    (tmp_path / "a.json").write_text(_DEFINITION.replace("DATA", address))
    files = ["a.json"] * (1 + (command == "diff"))
    with ending(
        subprocess.Popen(
            [_BIN / "oa", command, *files],
            cwd=tmp_path,
            env={**os.environ, "OA_ALLOW_HOSTS": "127.0.0.1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    ) as process:
        assert asked.wait(60)
        os.killpg(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    lines = [line for line in stderr.decode().splitlines() if not line.startswith("{")]
    assert (process.returncode, lines) == (ExitStatus.INTERRUPTED, ["interrupted"])


def test_definition_comes_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + _DEFINITION.encode())))
    assert read_element("-", None, None) == {"source": _DEFINITION, "source_name": "stdin"}


@pytest.mark.parametrize("arguments", [["check", "-"], ["try", "-", "--name", "none"], ["diff", "-", "-"]])
def test_engine_reads_a_definition_from_standard_input(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run([_BIN / "oa-task", *arguments], cwd=tmp_path, input=b"{", capture_output=True, check=False)
    assert done.returncode == exit_status("source.schema")
    assert b"not JSON" in done.stdout + done.stderr


def test_init_names_why_data_cannot_come_from_standard_input() -> None:
    done = CliRunner().invoke(oa_task, ["init", "-"])
    assert done.exit_code == ExitStatus.USAGE
    assert "standard input: use a URL or a file" in done.stderr
