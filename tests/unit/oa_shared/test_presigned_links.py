"""Links and forms of the object store carry Signature Version 4 in every region."""

from urllib.parse import parse_qs, urlsplit

import pytest

from oa_shared.aws import open_aws

# botocore signs links of the first two with version 2 by default; eu-central-1 never had it.
REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1")
ALGORITHM = "AWS4-HMAC-SHA256"
each_region = pytest.mark.parametrize("region", REGIONS)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


def check_link(link: str, region: str) -> None:
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert query["X-Amz-Algorithm"] == ALGORITHM
    key, _, scope = query["X-Amz-Credential"].partition("/")
    assert (key, scope.partition("/")[2]) == ("ASIAEXAMPLE", f"{region}/s3/aws4_request")
    assert len(query["X-Amz-Signature"]) == 64
    assert query["X-Amz-Security-Token"] == "token"
    assert query["X-Amz-Expires"] == "60"
    assert not {"AWSAccessKeyId", "Signature", "Expires"} & set(query)


@each_region
async def test_link_to_read_has_signature_version_4(region: str) -> None:
    async with open_aws() as aws:
        check_link(await aws.storage("bucket").presign("job/1/1/source.geojson.gz", 60), region)


@each_region
async def test_link_to_write_has_signature_version_4(region: str) -> None:
    async with open_aws() as aws:
        parameters = {"Bucket": "bucket", "Key": "job/1/1/source.geojson.gz"}
        check_link(await aws.s3.generate_presigned_url("put_object", Params=parameters, ExpiresIn=60), region)


@each_region
async def test_form_to_write_has_signature_version_4(region: str) -> None:
    async with open_aws() as aws:
        form = await aws.storage("bucket").presign_post(
            "upload/x/a.csv", content_type="text/csv", max_bytes=10, expires_s=60
        )
    assert form.fields["x-amz-algorithm"] == ALGORITHM
    assert form.fields["x-amz-credential"].endswith(f"/{region}/s3/aws4_request")
    assert len(form.fields["x-amz-signature"]) == 64
    assert form.fields["x-amz-security-token"] == "token"
    assert not {"AWSAccessKeyId", "signature"} & set(form.fields)
