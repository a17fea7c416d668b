import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oa_task.features.batch import Attributes, Points
from oa_task.write.changes import ChangesFile
from oa_task.write.delta import LIMIT
from oa_task.write.gzip import GzipTextFile
from oa_task.write.lines import OutputBatch, output_batch

Row = tuple[str, str]
ROWS = st.lists(st.tuples(st.sampled_from(["", "1", "2", "3"]), st.sampled_from(["x", "y", "z"])), max_size=15)
SHARED_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def batch(rows: list[Row], *, x: float = 0.0) -> OutputBatch:
    frame = pl.DataFrame({"id": [a for a, _ in rows], "city": [b for _, b in rows]}, schema={"id": str, "city": str})
    place = np.arange(len(rows)) * 0.0
    return output_batch(Attributes(frame), Points(place + x, place.copy()), "addresses")


def publish(path: Path, rows: list[Row]) -> Path:
    file = GzipTextFile(path)
    file.write(batch(rows).lines)
    file.close()
    return path


def changes(folder: Path, previous: Path | None, *batches: list[Row]) -> list[dict[str, Any]]:
    file = ChangesFile(folder / "changes.jsonl.gz", previous, folder)
    for rows in batches:
        file.write(batch(rows))
    file.close()
    return [json.loads(line) for line in gzip.decompress((folder / "changes.jsonl.gz").read_bytes()).splitlines()]


def test_changes_first_publication_has_only_a_summary(tmp_path: Path) -> None:
    found = changes(tmp_path, None, [("1", "x"), ("2", "y")])
    assert found == [{"change": "summary", "previous": False, "added": 2, "removed": 0, "changed": 0, "unchanged": 0}]


def test_changes_list_added_removed_and_changed_features(tmp_path: Path) -> None:
    before = publish(tmp_path / "before.gz", [("1", "x"), ("2", "y"), ("3", "z")])
    removed, changed, added, summary = changes(tmp_path, before, [("1", "x")], [("2", "q"), ("4", "x")])
    assert removed["change"] == "removed"
    assert removed["feature"]["properties"]["id"] == "3"
    assert changed["change"] == "changed"
    assert changed["feature"]["properties"]["city"] == "q"
    assert changed["previous_hash"] == batch([("2", "y")]).hashes[0]
    assert added["change"] == "added"
    assert added["feature"]["properties"]["id"] == "4"
    assert changed["before"] == {"city": "y"}
    counts = {"added": 1, "removed": 1, "changed": 1, "unchanged": 1}
    fields = {"city": {"lost": 0, "changed": 1, "gained": 0}}
    assert summary == {"change": "summary", "previous": True, **counts, "moved": 0, "fields": fields}


def test_changes_equal_features_differ_by_occurrence(tmp_path: Path) -> None:
    before = publish(tmp_path / "before.gz", [("", "x"), ("", "x"), ("", "y"), ("", "y"), ("", "y")])
    *found, summary = changes(tmp_path, before, [("", "x"), ("", "x")], [("", "x"), ("", "x"), ("", "y")])
    told = [(item["change"], item["feature"]["properties"]["city"], item["id_occurrence"]) for item in found]
    assert told == [("removed", "y", 1), ("removed", "y", 2), ("added", "x", 2), ("added", "x", 3)]
    assert summary["unchanged"] == 3


def test_changes_foreign_previous_file_is_not_compared(tmp_path: Path) -> None:
    foreign = tmp_path / "before.gz"
    foreign.write_bytes(gzip.compress(b'{"type": "Feature"}\n'))
    (summary,) = changes(tmp_path, foreign, [("1", "x")])
    assert summary["previous"] is False
    assert "a line is too short" in summary["reason"]


def test_changes_truncated_previous_file_is_not_compared(tmp_path: Path) -> None:
    before = publish(tmp_path / "before.gz", [(str(number), "x") for number in range(500)])
    before.write_bytes(before.read_bytes()[:-200])
    (summary,) = changes(tmp_path, before, [("1", "x")])
    assert summary["previous"] is False
    assert "cannot be unpacked" in summary["reason"]


@SHARED_FOLDER
@given(ROWS, ROWS, st.integers(0, 15))
def test_changes_applied_to_the_previous_features_equal_the_new_ones(
    tmp_path: Path, old: list[Row], new: list[Row], cut: int
) -> None:
    found = changes(tmp_path, publish(tmp_path / "before.gz", old), new[:cut], new[cut:])
    features = Counter(batch(old).hashes.to_list())
    for item in found[:-1]:
        if item["change"] != "removed":
            features[item["feature"]["properties"]["hash"]] += 1
        if item["change"] != "added":
            features[item.get("previous_hash") or item["feature"]["properties"]["hash"]] -= 1
    assert +features == Counter(batch(new).hashes.to_list())
    assert found[-1]["unchanged"] == (Counter(old) & Counter(new)).total()


def delta(folder: Path, before: list[Row], after: list[Row], **more: Any) -> dict[str, Any]:
    file = ChangesFile(
        folder / "changes.gz", publish(folder / "before.gz", before), folder, delta=folder / "delta.geojson"
    )
    file.write(batch(after, **more))
    file.close()
    found: dict[str, Any] = json.loads((folder / "delta.geojson").read_text())
    return found


def test_delta_has_a_point_for_each_change_with_its_earlier_values(tmp_path: Path) -> None:
    before = [("1", "x"), ("2", "y"), ("3", "z")]
    found = delta(tmp_path, before, [("1", "x"), ("2", "q"), ("4", "x")])
    counts = {"removed": 1, "added": 1, "changed": 1}
    assert found["shown"] == counts
    assert found["of"] == counts
    shown = {feature["properties"]["change"]: feature for feature in found["features"]}
    assert {name: feature["properties"]["id"] for name, feature in shown.items()} == {
        "removed": "3",
        "added": "4",
        "changed": "2",
    }
    assert shown["changed"]["properties"]["before"] == {"city": "y"}
    assert shown["changed"]["properties"]["moved_m"] == 0.0
    assert shown["added"]["geometry"] == {"type": "Point", "coordinates": [0.0, 0.0]}
    assert found["bbox"] == [0.0, 0.0, 0.0, 0.0]


def test_delta_has_the_distance_that_a_feature_moved(tmp_path: Path) -> None:
    (moved,) = delta(tmp_path, [("1", "x")], [("1", "x")], x=0.001)["features"]
    assert moved["properties"]["change"] == "changed"
    assert moved["properties"]["before"] == {}
    assert moved["properties"]["moved_m"] == 111.2


def test_delta_is_bounded_and_evenly_distributed(tmp_path: Path) -> None:
    before = [(str(number), "x") for number in range(5_000)]
    after = [(str(number), "x") for number in range(10_000, 15_000)]
    found = delta(tmp_path, before, after)
    assert found["shown"] == {"removed": LIMIT, "added": LIMIT, "changed": 0}
    assert found["of"] == {"removed": 5_000, "added": 5_000, "changed": 0}
    early = [int(feature["properties"]["id"]) % 5_000 < 2_500 for feature in found["features"]]
    assert 0.4 < sum(early) / len(early) < 0.6


def test_delta_without_a_previous_file_is_not_written(tmp_path: Path) -> None:
    file = ChangesFile(tmp_path / "changes.gz", None, tmp_path, delta=tmp_path / "delta.geojson")
    file.write(batch([("1", "x")]))
    file.close()
    assert not (tmp_path / "delta.geojson").exists()


def test_changes_unchanged_data_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its hashes suffice: neither lines are parsed nor the file is read again."""
    rows = [(str(number), "x") for number in range(50)]
    before = publish(tmp_path / "before.gz", rows)
    file = ChangesFile(tmp_path / "changes.gz", before, tmp_path, delta=tmp_path / "delta.geojson")
    before.unlink()
    monkeypatch.setattr("oa_task.write.feature_keys.orjson.loads", None)
    file.write(batch(rows))
    file.close()
    assert file.counts.report() == {"previous": True, "added": 0, "removed": 0, "changed": 0, "unchanged": 50}


def test_delta_has_moves_as_lines_and_examples_by_field(tmp_path: Path) -> None:
    found = delta(tmp_path, [("1", "x"), ("2", "x")], [("1", "x"), ("2", "")], x=0.001)
    shapes = [feature["geometry"] for feature in found["features"]]
    assert [list(map(tuple, shape["coordinates"])) for shape in shapes] == [[(0.0, 0.0), (0.001, 0.0)]] * 2
    assert found["bbox"] == [0.0, 0.0, 0.001, 0.0]
    assert found["moved"] == 1
    assert found["fields"]["city"] == {"lost": 1, "changed": 0, "gained": 0}
    assert found["examples"]["city"] == [{"change": "lost", "feature": ANY, "before": "x", "after": None}]
    assert [example["moved_m"] for example in found["examples"]["geometry"]] == [111.2, 111.2]
