"""`oa-task plan` and `oa-task build` as subprocesses."""

import json
import subprocess
import sys
from pathlib import Path

from support.products import Bucket, address, plan, read_csv


def oa_task(*words: str) -> "subprocess.CompletedProcess[str]":
    program = str(Path(sys.executable).with_name("oa-task"))
    return subprocess.run([program, *words], check=False, capture_output=True, text=True)


def test_build_command_writes_the_files_and_prints_the_counts(tmp_path: Path) -> None:
    bucket = Bucket(tmp_path / "bucket")
    body = plan("export", [bucket.publish("us/x", [address("1", "A", 1, 2)])], formats=["csv"])
    (tmp_path / "plan.json").write_text(json.dumps(body))
    words = ["--inputs", str(bucket.folder), "--out", str(tmp_path / "out"), "--json"]
    ended = oa_task("build", str(tmp_path / "plan.json"), *words)
    assert ended.returncode == 0
    report = json.loads(ended.stdout)
    assert report["status"] == "Success"
    assert report["count"] == 1
    assert report["bounds"] == [1.0, 2.0, 1.0, 2.0]
    assert len(read_csv(tmp_path / "out" / "export.csv.gz")) == 1
    assert '"phase": "inputs"' in ended.stderr


def test_plan_command_output_folders_give_a_plan_for_build(tmp_path: Path) -> None:
    bucket = Bucket(tmp_path)
    for name in ("x", "y"):
        dataset = bucket.publish(f"us/{name}", [address("1", "A", 1, 2)])
        folder = (tmp_path / dataset["key"]).parent
        files = {"source.parquet": "sha256", "source.geojson.gz": "geojson_sha256"}
        outputs = {
            file: {"sha256": dataset[key], "bytes": (folder / file).stat().st_size} for file, key in files.items()
        }
        about = {"layer": "addresses", "name": name, "count": 1, "license": {"text": "CC0"}, "outputs": outputs}
        (folder / "manifest.json").write_text(json.dumps(about))
    folders = [str(tmp_path / f"job/{number}/attempt-1") for number in (1, 2)]
    ended = oa_task(
        "plan", "export", *folders, "--inputs", str(tmp_path), "--format", "csv", "--bbox", "0", "0", "3", "3"
    )
    assert ended.returncode == 0
    assert ended.stderr == ""
    (tmp_path / "plan.json").write_text(ended.stdout)
    words = ["--inputs", str(tmp_path), "--out", str(tmp_path / "out"), "--json"]
    assert json.loads(oa_task("build", str(tmp_path / "plan.json"), *words).stdout)["count"] == 2
    assert "License: CC0" in (tmp_path / "out" / "ATTRIBUTION.txt").read_text()


def test_plan_command_other_folder_fails(tmp_path: Path) -> None:
    ended = oa_task("plan", "export", str(tmp_path), "--format", "csv")
    assert ended.returncode == 12
    assert ended.stderr.startswith("source.format ")
    assert str(tmp_path) in ended.stderr.replace("\n", "")


def test_build_command_invalid_plan_exits_with_10(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"v": 1, "kind": "export", "title": "x", "formats": ["csv"], "inputs": []}')
    ended = oa_task("build", str(tmp_path / "plan.json"), "--inputs", str(tmp_path), "--out", str(tmp_path / "out"))
    assert ended.returncode == 10
    assert "/inputs: " in ended.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_build_command_input_that_is_not_parquet_fails_with_its_key(tmp_path: Path) -> None:
    bucket = Bucket(tmp_path / "bucket")
    dataset = bucket.publish("us/x", [address("1", "A", 1, 2)])
    lines = {"key": dataset["geojson_key"], "sha256": dataset["geojson_sha256"]}
    (tmp_path / "plan.json").write_text(json.dumps(plan("export", [{**dataset, **lines}], formats=["csv"])))
    words = ["--inputs", str(bucket.folder), "--out", str(tmp_path / "out"), "--json"]
    ended = oa_task("build", str(tmp_path / "plan.json"), *words)
    assert ended.returncode == 12
    failure = json.loads(ended.stdout)
    assert failure["code"] == "source.format"
    assert failure["message"].startswith("job/1/attempt-1/source.geojson.gz ")
    assert " us/x/addresses/city: " in failure["message"]
