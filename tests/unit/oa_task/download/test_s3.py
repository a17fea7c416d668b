"""`s3://` URLs."""

import pytest
from yarl import URL

from oa_task.download.s3 import https_address, in_region
from oa_task.runtime.failure import TaskFailure


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("s3://bucket/a/b.csv", "https://bucket.s3.amazonaws.com/a/b.csv"),
        ("s3://bucket/a%20b.csv", "https://bucket.s3.amazonaws.com/a%20b.csv"),
        ("s3://data.example.org/b.csv", "https://s3.amazonaws.com/data.example.org/b.csv"),
    ],
)
def test_https_address_is_the_public_url(address: str, expected: str) -> None:
    assert https_address(address) == expected


@pytest.mark.parametrize("address", ["s3://bucket", "s3://bucket/", "s3:///key"])
def test_https_address_without_bucket_or_key_is_a_fault_of_the_definition(address: str) -> None:
    with pytest.raises(TaskFailure, match=address) as caught:
        https_address(address)
    assert caught.value.code == "source.schema"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://s3.amazonaws.com/a.b/c", "https://s3.eu-west-1.amazonaws.com/a.b/c"),
        ("https://bucket.s3.amazonaws.com/c", "https://bucket.s3.eu-west-1.amazonaws.com/c"),
        ("https://example.org/c", "https://example.org/c"),
    ],
)
def test_in_region_changes_the_host_of_s3_only(address: str, expected: str) -> None:
    assert str(in_region(URL(address), "eu-west-1")) == expected
