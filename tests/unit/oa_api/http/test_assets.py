import gzip
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from oa_api.http.assets import Asset, Assets, read_assets
from oa_api.http.errors import NotFoundError

ASSET = Asset(b"plain", "text/css", "v1", {"br": b"small", "gzip": b"medium"})


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", None), ("", None)],
)
def test_asset_is_served_in_the_smallest_accepted_encoding(accepted: str, encoding: str | None) -> None:
    assert ASSET.best_for(accepted)[0] == encoding


def test_assets_have_their_version_in_their_url() -> None:
    assets = Assets({"a.css": ASSET})
    assert assets.url("a.css") == "/static/v1/a.css"
    assert assets.url("gone.js") == "/static/missing/gone.js"
    with pytest.raises(NotFoundError):
        assets.get("gone.js")


def test_assets_of_the_api_are_read_and_compressed() -> None:
    style = read_assets().get("app.css")
    assert gzip.decompress(style.encoded["gzip"]) == style.body
    assert style.content_type == "text/css"


def test_assets_without_vendored_scripts_are_served_and_logged_once(tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("a {}")
    with capture_logs() as logs:
        assets = read_assets(tmp_path)
    assert [entry["event"] for entry in logs] == ["static_assets_missing"]
    assert assets.has("app.css")


def test_assets_version_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("a {}")
    (tmp_path / "map.js").write_text("1")
    before = read_assets(tmp_path).url("app.css")
    assert read_assets(tmp_path).url("app.css") == before
    (tmp_path / "map.js").write_text("2")
    assert read_assets(tmp_path).url("app.css") != before
