"""What `make up` prints while it starts: each step as it begins, and the address of the pages before all services."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oa_local import main

ROOT = Path(__file__).parents[3]
_STEP = re.compile(r"""echo ["']\[(\d)/(\$steps|4)\] \w+""")


class _StackThatStarts(SimpleNamespace):
    """Names its services as the stack does, and checks before each what was printed until then."""

    def start(self, _say: Callable[[str], None]) -> Iterator[str]:
        for name in ("postgres", "api"):
            self.before.append(self.printed())
            yield name
        self.before.append(self.printed())


def test_up_prints_the_address_first_and_each_service_as_it_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed: list[str] = []

    def read() -> list[str]:
        printed.extend(capsys.readouterr().out.splitlines())
        return list(printed)

    stack: Any = _StackThatStarts(
        api_url="http://127.0.0.1:1",
        folder=tmp_path,
        secret="s",
        files_url="",
        database_url="",
        printed=read,
        before=[],
    )
    monkeypatch.setattr(main, "submit_county", lambda *_: [])
    monkeypatch.setattr(main, "wait_for_jobs", lambda *_: [])
    monkeypatch.setattr(main, "sign_in_link", lambda *_: "")
    main._start(stack)
    assert "http://127.0.0.1:1/" in stack.before[0][0]
    assert [lines[-1].split()[0] for lines in stack.before[1:]] == ["postgres", "api"]


def test_each_step_before_the_start_is_announced() -> None:
    script = (ROOT / "bin/bootstrap").read_text("utf-8")
    recipe = (ROOT / "Makefile").read_text("utf-8").partition("\nup:")[2].partition("\n\n")[0]
    assert [number for number, _ in _STEP.findall(script + recipe)] == ["1", "2", "3", "4"]
    in_order = ("[1/", "-m pip", 'uv" sync', "[2/", "web/build.py", "basemap.py", "[3/", "compileall", "import_all.py")
    places = [script.index(words) for words in in_order]
    assert places == sorted(places)
    assert recipe.index("bin/bootstrap") < recipe.index("[4/4]") < recipe.index("oa-local up")
