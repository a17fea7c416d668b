"""What a child says, whatever it says, ends as a report of the right form or as a failure."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from oa_task.products.child_process import build_in_child
from oa_task.products.input_fetcher import FolderStorage, InputFetcher
from oa_task.results.accepted_files import accept_files
from oa_task.runner.manifest import write_product_manifest
from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.messages import check_report, parse_message, read_failure
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.report_schemas import ConversionReportSchema

REPORT: dict[str, Any] = {
    "count": 1,
    "valid": 1,
    "without_geometry": 0,
    "bounds": [0.0, 0.0, 1.0, 1.0],
    "fields": {"number": 1},
    "invalid": {},
    "rows": {"read": 1, "bad": {"no number": {"count": 1, "examples": [{"row": 1, "value": "x"}]}}, "left_out": {}},
    "warnings": ["x"],
    "placement": {"bounds": None, "coverage": None, "problems": [{"code": "one_spot", "message": "x"}]},
    "seconds": {"pass": 0.5},
}


@pytest.mark.parametrize("line", ["", "[" * 200_000, "[]", "1", "{", '"report"', "null\n"])
def test_line_that_is_no_object_is_a_failure(line: str) -> None:
    with pytest.raises(TaskFailure) as caught:
        parse_message(line)
    assert caught.value.code == "bug.crash"


@pytest.mark.parametrize(
    "change",
    [
        {"outputs": {"/etc/passwd": {}}},
        {"raw": {"url": "https://example.test/forged"}},
        {"layer": "parcels"},
        {"count": -1},
        {"count": "1"},
        {"count": 2**60},
        {"bounds": [float("nan")] * 4},
        {"fields": {"number": {"deep": []}}},
        {"warnings": [{"a": 1}]},
        {"placement": {"bounds": None, "coverage": None, "problems": [{"code": "other", "message": "x"}]}},
        {"placement": {"bounds": None, "coverage": "x" * 5000, "problems": []}},
        {"rows": {"read": 1, "bad": {"x": 1}}},
        {"seconds": {"pass": float("inf")}},
    ],
)
def test_report_of_another_form_is_a_failure(change: dict[str, Any]) -> None:
    check_report(REPORT, ConversionReportSchema)
    with pytest.raises(TaskFailure) as caught:
        check_report(REPORT | change, ConversionReportSchema)
    assert caught.value.code == "bug.crash"


@pytest.mark.parametrize("name", REPORT)
def test_report_without_a_value_is_a_failure(name: str) -> None:
    report = {key: value for key, value in REPORT.items() if key != name}
    if name == "invalid":
        check_report(report, ConversionReportSchema)
        return
    with pytest.raises(TaskFailure):
        check_report(report, ConversionReportSchema)


@pytest.mark.parametrize("outcome", [{}, {"code": "no.such.code", "message": "x"}, {"code": ["source.format"]}])
def test_failure_with_an_unknown_code_is_a_bug(outcome: dict[str, Any]) -> None:
    assert read_failure(outcome).code == "bug.crash"


def test_failure_text_is_bounded() -> None:
    assert len(read_failure({"code": "source.format", "message": "x" * 10_000_000}).message) <= 2000


def test_manifest_keeps_its_facts_and_files_whatever_the_report_has(tmp_path: Path) -> None:
    report = {"outputs": {"../../secret": {"sha256": "0"}}, "kind": "forged", "engine_version": "0", "count": 1}
    path = write_product_manifest(tmp_path, kind="export", title="t", plan=b"{}", report=report)
    manifest = json.loads(path.read_text())
    assert list(manifest["outputs"]) == ["plan.json"]
    assert (manifest["kind"], manifest["count"]) == ("export", 1)
    assert manifest["engine_version"] != "0"


def _link(path: Path, target: Path) -> None:
    path.symlink_to(target)


def _hard_link(path: Path, target: Path) -> None:
    path.hardlink_to(target)


def _folder(path: Path, _target: Path) -> None:
    path.mkdir()


def _pipe(path: Path, _target: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("leave", [_link, _hard_link, _folder, _pipe])
def test_output_that_is_no_file_of_its_own_is_refused(tmp_path: Path, leave: Any) -> None:
    (tmp_path / "secret").write_text("secret")
    for name in ("child", "out"):
        (tmp_path / name).mkdir()
    leave(tmp_path / "child/source.png", tmp_path / "secret")

    with pytest.raises(TaskFailure, match=r"source\.png"):
        accept_files(tmp_path / "child", tmp_path / "out", {"source.png"})

    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["manifest.json", "definition.json", "cache.zip", "log.jsonl", "claim.json", "x"])
def test_output_with_a_name_of_the_parent_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "child").mkdir()
    (tmp_path / "child" / name).write_text("{}")
    with pytest.raises(TaskFailure):
        accept_files(tmp_path / "child", tmp_path, {"source.png"})


class _Liar:
    """A sandbox whose child sends arbitrary messages."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = messages

    def send(self, _value: object) -> None: ...

    def close_input(self) -> None: ...

    def kill(self) -> None: ...

    def receive(self, on_message: Any) -> dict[str, Any]:
        for message in self.messages:
            on_message(message)
        return {"report": {}}

    def result(self, outcome: dict[str, Any]) -> Any:
        return outcome["report"]


async def test_child_cannot_have_files_removed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("x")
    liar: Any = _Liar({"used": str(victim)}, {"used": "../victim"}, {"used": 7})
    inputs = InputFetcher([], FolderStorage(tmp_path), tmp_path / "inputs")

    await build_in_child(liar, {"plan": "", "work": "", "out": ""}, inputs, lambda *_progress: None)

    assert victim.exists()


@pytest.mark.parametrize("progress", [None, [], ["a"], ["a", "b", "c"], [1, 2, 3], ["a", 1, 2, 3], {"a": 1}])
async def test_progress_of_another_form_is_a_failure(tmp_path: Path, progress: Any) -> None:
    liar: Any = _Liar({"progress": progress})
    inputs = InputFetcher([], FolderStorage(tmp_path), tmp_path / "inputs")
    with pytest.raises(TaskFailure):
        await build_in_child(liar, {"plan": "", "work": "", "out": ""}, inputs, lambda *_progress: None)


def test_sandbox_line_without_an_end_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oa_task.sandbox.parent.MAX_LINE", 1000)
    # `this` prints a poem.
    with Sandbox(program="this") as sandbox, pytest.raises(TaskFailure) as caught:
        sandbox.receive(lambda _message: None)
    assert caught.value.code == "bug.crash"
