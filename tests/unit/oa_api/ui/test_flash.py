import base64
import json

import pytest
from aiohttp.test_utils import make_mocked_request

from oa_api.ui import flash


def messages_of(cookie: str) -> list[flash.Message]:
    return flash.read(make_mocked_request("GET", "/", headers={"Cookie": f"oa_message={cookie}"}))


def encode(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_message_survives_the_redirect() -> None:
    answer = flash.see_other(make_mocked_request("POST", "/jobs/1/rerun"), "/jobs/1", "Job 1 runs — again.")
    assert answer.status == 303
    assert answer.headers["Location"] == "/jobs/1"
    assert messages_of(answer.cookies["oa_message"].value) == [flash.Message("good", "Job 1 runs — again.")]


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "x",
        "!!!!",
        encode("x"),
        encode([]),
        encode(["evil", "x"]),
        encode(["good", 7]),
        encode([[], "x"]),
        encode(["good", "\ud800"]),
    ],
)
def test_invalid_message_cookie_is_ignored(cookie: str) -> None:
    assert messages_of(cookie) == []
