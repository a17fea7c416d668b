"""Systems that start at the same time take different ports."""

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from oa_local import process
from oa_local.ports import choose_ports


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def test_systems_that_start_at_once_share_no_port(tmp_path: Path) -> None:
    with ExitStack() as claims:
        taken: set[int] = set()
        for name in ("a", "b", "c"):
            ports, held = choose_ports(_folder(tmp_path, name))
            for claim in held:
                claims.enter_context(claim)
            assert not taken & set(ports.values())
            taken |= set(ports.values())


def test_next_start_has_the_ports_of_the_last_one(tmp_path: Path) -> None:
    first, claims = choose_ports(tmp_path)
    for claim in claims:
        claim.close()
    second, claims = choose_ports(tmp_path)
    for claim in claims:
        claim.close()
    assert second == first


def test_free_port_is_none_that_a_system_keeps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stack needs seconds until its services listen: a port chosen by probing alone would be one of theirs."""
    _, claims = choose_ports(tmp_path)
    kept = list(json.loads((tmp_path / "ports.json").read_text("ascii")).values())
    offers = iter([*kept, 40_001])
    monkeypatch.setattr(process, "_probe_port", lambda: next(offers))
    chosen = process.free_port()
    for claim in claims:
        claim.close()
    assert chosen == 40_001
