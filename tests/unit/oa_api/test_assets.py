import gzip

import pytest

from oa_api.assets import Asset, Assets, read_assets
from oa_api.errors import NotFoundError

ASSET = Asset(b"plain", "text/css", "v1", {"br": b"small", "gzip": b"medium"})


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", None), ("", None)],
)
def test_asset_is_given_in_the_smallest_form_that_is_accepted(accepted: str, encoding: str | None) -> None:
    assert ASSET.best_for(accepted)[0] == encoding


def test_assets_name_their_version_in_their_address() -> None:
    assets = Assets({"a.css": ASSET})
    assert assets.url("a.css") == "/static/v1/a.css"
    assert assets.url("gone.js") == "/static/missing/gone.js"
    with pytest.raises(NotFoundError):
        assets.get("gone.js")


def test_assets_of_the_api_are_read_and_packed() -> None:
    style = read_assets().get("app.css")
    assert gzip.decompress(style.encoded["gzip"]) == style.body
    assert style.content_type == "text/css"
