"""`oa-api --help` and `oa-dispatcher --help`: they need no settings; a wrong command serves nothing."""

from collections.abc import Callable

import pytest

import oa_api.main
import oa_dispatcher.main

MAINS = {"oa-api": oa_api.main.main, "oa-dispatcher": oa_dispatcher.main.main}


@pytest.fixture(autouse=True)
def _without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OA_DATABASE_URL", "OA_API_URL"):
        monkeypatch.delenv(name, raising=False)


def _exit_status(main: Callable[[], None]) -> int | str | None:
    try:
        main()
    except SystemExit as ending:
        return ending.code
    return 0


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("oa-api --help", "migrate "),
        ("oa-api -h", "Usage: oa-api [COMMAND]"),
        ("oa-api account --help", "{add,link}"),
        ("oa-api import --help", "--definitions"),
        ("oa-api backfill --help", "--history"),
        ("oa-api call --help", "call METHOD PATH [BODY]"),
        ("oa-dispatcher --help", "Usage: oa-dispatcher"),
    ],
)
def test_help_without_settings_is_printed(
    arguments: str, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = arguments.split()
    monkeypatch.setattr("sys.argv", words)
    assert _exit_status(MAINS[words[0]]) == 0
    output = capsys.readouterr()
    assert text in output.out
    assert output.err == ""


@pytest.mark.parametrize("arguments", ["oa-api serve", "oa-api migrate now", "oa-dispatcher serve"])
def test_unknown_command_is_wrong_usage(
    arguments: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = arguments.split()
    monkeypatch.setattr("sys.argv", words)
    assert _exit_status(MAINS[words[0]]) == 2
    output = capsys.readouterr()
    assert f"Usage: {words[0]}" in output.out + output.err
