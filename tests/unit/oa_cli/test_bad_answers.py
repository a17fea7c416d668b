"""Every command against servers that are none: one clear line and a status, never a traceback or the answer as data."""

import shlex
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TypedDict

import pytest
from click.testing import CliRunner

from oa_cli import client
from oa_cli.answer_shape import find_shape_fault
from oa_cli.command_groups import EXAMPLES
from oa_cli.main import main
from oa_cli.runner import ExitStatus

_PAGE = b"<!DOCTYPE html><html><h1>It works</h1></html>"
_ANSWERS: Mapping[str, tuple[int, bytes]] = {
    "a web page": (200, _PAGE),
    "a broken proxy": (502, _PAGE),
    "no text": (200, b"\xff\xfe\x00\x81" * 20),
    "deep JSON": (200, b"[" * 100_000),
    "other JSON": (200, b'{"total": "many", "jobs": 7, "message": 1, "now": [], "id": null}'),
    "another kind of problem": (404, b'{"message": "Not Found", "errors": "none"}'),
    "odd errors": (422, b'{"detail": "refused", "errors": {"a": 7, "b": [], "c": [{}]}}'),
}
# These print the text of an answer as it is, or need no value of it.
_USES_NO_VALUE = frozenset({"job log", "data attribution"})
_LEAST = {ExitStatus.UNREACHABLE, ExitStatus.REJECTED, ExitStatus.NOT_ALLOWED}


class _Handler(BaseHTTPRequestHandler):
    answer: tuple[int, bytes] = (200, b"")

    def _reply(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, body = self.answer
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _reply  # noqa: N815 - names of http.server

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _commands() -> list[list[str]]:
    """Return an example of each command that calls the API; the comparison of two systems has tests of its own."""
    examples = {name: shlex.split(lines[0]) for name, lines in EXAMPLES.items()}
    return [words for name, words in examples.items() if name not in {"help", "shadow"}]


def _write_files(folder: Path) -> None:
    entry = '{"name": "a", "protocol": "http", "data": "https://example.org/a.csv", "conform": {"format": "csv"}}'
    source = f'{{"schema": 2, "coverage": {{"country": "xx"}}, "layers": {{"addresses": [{entry}]}}}}'
    for words in _commands():
        for word in words:
            if word.endswith((".json", ".zip", ".csv")) and "//" not in word:
                (folder / word).parent.mkdir(parents=True, exist_ok=True)
                (folder / word).write_text(source)


@pytest.mark.parametrize("answer", _ANSWERS)
def test_every_command_names_the_fault_of_the_server(
    answer: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OA_API_URL", server)
    monkeypatch.setattr(client, "_PAUSE_S", 0.0)
    monkeypatch.setattr(_Handler, "answer", _ANSWERS[answer])
    faults = []
    for words in _commands():
        done = CliRunner().invoke(main, words, input="y\n")
        is_usable = " ".join(words[:2]) in _USES_NO_VALUE and answer in {"no text", "deep JSON", "other JSON"}
        is_clear = isinstance(done.exception, SystemExit) and done.exit_code in _LEAST and done.stderr.strip()
        if not is_usable and not is_clear:
            faults.append(f"{' '.join(words)}: {done.exit_code} {done.exception!r} {done.stdout[-200:]}")
    assert faults == []


@pytest.mark.parametrize("address", ["batch.example.org", "http://[bad", "ftp://example.org", "http://", "https:///x"])
def test_address_that_is_none_is_named(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OA_API_URL", address)
    done = CliRunner().invoke(main, ["run", "list"])
    assert done.exit_code == ExitStatus.UNREACHABLE
    assert repr(address) in done.stderr
    assert "OA_API_URL" in done.stderr


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"OA_API_URL": 7}', "\xff"])
def test_damaged_file_of_the_local_stack_is_named(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local/env.json").write_text(text, encoding="latin-1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OA_API_URL", raising=False)
    done = CliRunner().invoke(main, ["run", "list"])
    assert done.exit_code == ExitStatus.UNREACHABLE
    assert "env.json" in done.stderr


class _Inner(TypedDict, total=False):
    size: float | None


class _Outer(TypedDict):
    id: int
    names: list[str]
    inner: dict[str, _Inner] | None


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"id": 1, "names": [], "inner": None, "more": {}}, None),
        ({"id": 1, "names": ["a"], "inner": {"b": {"size": 1}, "c": {"size": None}, "d": {}}}, None),
        ({"id": 1, "names": []}, "inner"),
        ({"id": "1", "names": [], "inner": None}, "id"),
        ({"id": 1, "names": ["a", 2], "inner": None}, "names.1"),
        ({"id": 1, "names": {}, "inner": None}, "names"),
        ({"id": 1, "names": [], "inner": {"b": {"size": "x"}}}, "inner"),
        ([], ""),
        (None, ""),
    ],
)
def test_find_shape_fault_names_the_first_value_of_another_type(value: object, fault: str | None) -> None:
    assert find_shape_fault(value, _Outer) == fault
