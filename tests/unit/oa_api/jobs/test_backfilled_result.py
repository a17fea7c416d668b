"""A result with the files that a backfill has built."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oa_api.jobs.backfilled_result import add_files

_JOB, _BACKFILL, _EARLIER = 5, 9, 8
_NAMES = (
    "source.geojson.gz",
    "source.parquet",
    "source.pmtiles",
    "source.png",
    "stats.json",
    "manifest.json",
    "cache.zip",
)


def files(prefix: str, names: list[str]) -> dict[str, Any]:
    return {name: {"key": prefix + name, "bytes": 1} for name in names}


@given(
    own=st.lists(st.sampled_from(_NAMES), unique=True),
    earlier=st.lists(st.sampled_from(_NAMES[1:]), unique=True),
    new=st.lists(st.sampled_from(_NAMES[1:]), unique=True),
    is_imported=st.booleans(),
)
def test_own_files_stay_and_others_come_from_the_newest_backfill(
    own: list[str],
    earlier: list[str],
    new: list[str],
    is_imported: bool,  # noqa: FBT001 - drawn
) -> None:
    prefix = "imported/b/batch-prod/job/5/" if is_imported else f"job/{_JOB}/attempt-1/"
    before = {**files(f"job/{_EARLIER}/attempt-1/", earlier), **files(prefix, own)}
    result = {"count": 1, "outputs": before, "seconds": 4}
    added = {"count": 2, "outputs": files(f"job/{_BACKFILL}/attempt-1/", new), "seconds": 7}
    merged = add_files(result, added, job=_JOB)
    outputs = merged["outputs"]
    assert isinstance(outputs, dict)
    kept = [name for name in own if not (is_imported and name == "source.pmtiles")]
    assert {name: outputs[name]["key"] for name in kept} == {name: prefix + name for name in kept}
    assert set(outputs) == {*kept, *new}
    assert (merged["count"], merged["seconds"]) == (2, 4)
    assert add_files(merged, added, job=_JOB) == merged


def test_size_and_digest_of_the_features_are_added_if_they_are_such() -> None:
    result = {"outputs": files("imported/b/s/job/5/", ["source.geojson.gz"])}
    good = add_files(result, {"built_from": {"bytes": 7, "sha256": "a" * 64, "key": "x"}}, job=_JOB)
    assert good["outputs"] == {
        "source.geojson.gz": {"key": "imported/b/s/job/5/source.geojson.gz", "bytes": 7, "sha256": "a" * 64}
    }
    bad = add_files(result, {"built_from": {"bytes": True, "sha256": "A" * 64}}, job=_JOB)
    assert bad["outputs"] == result["outputs"]
