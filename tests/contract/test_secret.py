"""The port to a secret, over the emulator."""

import json
import uuid
from collections.abc import Iterator

import pytest

from oa_local.aws_client import AwsClient, client
from oa_shared.aws import Aws
from oa_shared.secret import SecretUnavailableError, SecretVersion


@pytest.fixture
def store(aws: dict[str, str]) -> AwsClient:
    return client("secretsmanager", aws)


@pytest.fixture
def arn(store: AwsClient) -> Iterator[str]:
    value = json.dumps({"password": "first", "port": 5432})
    made: str = store.create_secret(Name=f"s-{uuid.uuid4().hex[:8]}", SecretString=value)["ARN"]
    yield made
    store.delete_secret(SecretId=made, ForceDeleteWithoutRecovery=True)


async def test_read_returns_the_current_and_the_previous_value(aws_clients: Aws, store: AwsClient, arn: str) -> None:
    secret = aws_clients.secret(arn)
    assert await secret.read("password", SecretVersion.CURRENT) == "first"
    assert await secret.read("password", SecretVersion.PREVIOUS) is None
    store.put_secret_value(SecretId=arn, SecretString=json.dumps({"password": "second"}))
    assert await secret.read("password", SecretVersion.CURRENT) == "second"
    assert await secret.read("password", SecretVersion.PREVIOUS) == "first"


@pytest.mark.parametrize("key", ["other", "port"])
async def test_value_that_is_missing_or_no_text_is_unavailable(aws_clients: Aws, arn: str, key: str) -> None:
    with pytest.raises(SecretUnavailableError, match=f"'{key}'"):
        await aws_clients.secret(arn).read(key, SecretVersion.CURRENT)


@pytest.mark.parametrize("value", ["first", '["first"]', '"first"', "null"])
async def test_secret_of_another_form_is_unavailable_and_not_shown(
    aws_clients: Aws, store: AwsClient, arn: str, value: str
) -> None:
    store.put_secret_value(SecretId=arn, SecretString=value)
    with pytest.raises(SecretUnavailableError) as raised:
        await aws_clients.secret(arn).read("password", SecretVersion.CURRENT)
    assert "first" not in str(raised.value)


async def test_secret_that_does_not_exist_is_unavailable(aws_clients: Aws) -> None:
    with pytest.raises(SecretUnavailableError, match="GetSecretValue: ResourceNotFoundException"):
        await aws_clients.secret("nowhere").read("password", SecretVersion.CURRENT)
