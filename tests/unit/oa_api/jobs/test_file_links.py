"""Which files a CDN serves."""

import re
from pathlib import Path
from typing import Any

import pytest

from oa_api.jobs.file_links import PRIVATE_FILES, cdn_url
from oa_api.settings import Settings, check_site_urls
from oa_shared.messages import RESULT_FILE
from oa_shared.settings import SettingsError
from oa_task.job.attempt import CLAIM_FILE

_STORAGE = Path(__file__).parents[4] / "terraform/modules/storage/main.tf"


def settings(**more: Any) -> Settings:
    required = dict.fromkeys(("database_url", "shared_secret", "bucket", "jobs_queue_url", "results_queue_url"), "x")
    return Settings(**{**required, "files_url": "https://files.example.org/", **more})


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("job/7/attempt-2/source.geojson.gz", "job/7/attempt-2/source.geojson.gz"),
        ("job/7/attempt-2/manifest.json", "job/7/attempt-2/manifest.json"),
        ("job/7/attempt-2/parts/a b?#%.parquet", "job/7/attempt-2/parts/a%20b%3F%23%25.parquet"),
        ("job/7/attempt-2/result.json", None),
        ("job/7/attempt-2/claim.json", None),
        ("job/7/attempt-2/log.jsonl", None),
        ("upload/abc/a.csv", None),
        ("cache/abc.zip", None),
        ("x/job/7/attempt-2/source.geojson.gz", None),
        ("job/7/", None),
        ("", None),
    ],
)
def test_files_of_attempts_are_on_the_cdn_and_nothing_else(key: str, path: str | None) -> None:
    assert cdn_url(settings(), key) == (path and f"https://files.example.org/{path}")


def test_no_cdn_without_its_url_or_with_streaming() -> None:
    key = "job/7/attempt-2/source.geojson.gz"
    assert cdn_url(settings(files_url=""), key) is None
    assert cdn_url(settings(output_mode="stream"), key) is None


def test_terraform_keeps_the_same_files_private() -> None:
    (listed,) = re.findall(r"private_files = \[(.*)\]", _STORAGE.read_text())
    assert set(re.findall(r'"([^"]+)"', listed)) == PRIVATE_FILES
    assert {CLAIM_FILE, RESULT_FILE} < PRIVATE_FILES


@pytest.mark.parametrize("url", ["files.example.org", "https://files.example.org/path", "ftp://files.example.org"])
def test_invalid_files_url_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="OA_FILES_URL"):
        check_site_urls(settings(files_url=url))
