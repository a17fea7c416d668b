"""Another port and another folder of the state: each command takes them, and names them in what it prints."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from oa_cli.target import find_target
from oa_local import main
from oa_local.ports import choose_ports
from oa_local.process import StartError
from oa_local.state_folder import FOLDER, ForeignFolderError, take_folder

ROOT = Path(__file__).resolve().parents[3]
OTHER = "--state /elsewhere"


@pytest.mark.parametrize("command", ["up", "down", "reset", "sign-in", "cases"])
def test_each_command_of_the_stack_takes_a_state(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [command, *(["folder"] if command == "cases" else [])]
    monkeypatch.delenv("OA_LOCAL_STATE", raising=False)
    assert main._parser().parse_args(words).state == FOLDER
    assert main._parser().parse_args([*words, *OTHER.split()]).state == Path("/elsewhere")
    monkeypatch.setenv("OA_LOCAL_STATE", "/of/environ")
    assert main._parser().parse_args(words).state == Path("/of/environ")


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", "00008012345", "²"])
def test_port_out_of_range_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main._parser().parse_args(["up", f"--port={port}"])
    assert ended.value.code == 2
    assert "use a number from 1 to 65535" in capsys.readouterr().err


def test_chosen_port_is_used_or_refused_never_replaced(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=rf"port {port} is in use.*--port"):
            choose_ports(tmp_path, port)
    ports, claims = choose_ports(tmp_path, port)
    for claim in claims:
        claim.close()
    assert ports["api"] == port
    assert json.loads((tmp_path / "ports.json").read_text("utf-8"))["api"] == port


def test_chosen_port_may_be_that_of_another_service_at_the_last_start(tmp_path: Path) -> None:
    first, claims = choose_ports(tmp_path)
    for claim in claims:
        claim.close()
    second, claims = choose_ports(tmp_path, first["postgres"])
    for claim in claims:
        claim.close()
    assert second["api"] == first["postgres"]
    assert len(set(second.values())) == len(second)


def test_commands_that_find_no_stack_name_its_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.sign_in(tmp_path) == 1
    assert f"oa-local up --state {tmp_path}" in capsys.readouterr().out
    assert main.sign_in(FOLDER / "..") == 1


def test_reset_deletes_a_state_and_no_other_folder(tmp_path: Path) -> None:
    kept = tmp_path / "documents"
    kept.mkdir()
    (kept / "letter.txt").write_text("dear")
    (kept / "secret").write_text("of something else")
    with pytest.raises(ForeignFolderError, match="--state"):
        main.up(kept)
    with pytest.raises(ForeignFolderError, match="documents"):
        main.reset(kept)
    assert (kept / "letter.txt").exists()
    state = tmp_path / "state"
    state.mkdir()
    (state / "ports.json").write_text("{}")
    assert main.reset(state) == 0
    assert not state.exists()
    for _ in range(2):  # also a second start, after one that failed
        take_folder(state)
    (state / "log").mkdir()
    assert main.reset(state) == 0
    assert not state.exists()


def test_make_reset_deletes_the_state_of_the_stack_that_it_stops() -> None:
    environ = {**os.environ, "OA_LOCAL_STATE": "/elsewhere"}
    done = subprocess.run(["make", "-n", "reset"], cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    stopped, deleted = (line for line in done.stdout.splitlines() if not line.startswith("make"))
    assert 'oa-local down --state "/elsewhere"' in stopped
    assert deleted == '.venv/bin/oa-local reset --state "/elsewhere"'


def test_oa_finds_the_stack_of_another_state(tmp_path: Path) -> None:
    (tmp_path / "env.json").write_text(json.dumps({"OA_API_URL": "http://127.0.0.1:9/", "OA_SHARED_SECRET": "s"}))
    assert find_target({"OA_LOCAL_STATE": str(tmp_path)}, Path("/")).url == "http://127.0.0.1:9"
    assert find_target({"OA_LOCAL_STATE": tmp_path.name}, tmp_path.parent).secret == "s"
    chosen = {"OA_LOCAL_STATE": str(tmp_path), "OA_API_URL": "https://example.org"}
    assert find_target(chosen, Path("/")).url == "https://example.org"
