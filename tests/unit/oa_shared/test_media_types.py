import pytest

from oa_shared.media_types import media_type_of


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("source.geojson.gz", "application/gzip"),
        ("source.parquet", "application/vnd.apache.parquet"),
        ("delta.geojson", "application/geo+json"),
        ("ATTRIBUTION.TXT", "text/plain; charset=utf-8"),
        ("export.fgb", "application/flatgeobuf"),
        ("no-suffix", "application/octet-stream"),
    ],
)
def test_media_type_of_uses_the_last_suffix(name: str, media_type: str) -> None:
    assert media_type_of(name) == media_type
