"""AWS Secrets Manager as a `Secret`."""

import json
from typing import TYPE_CHECKING, assert_never

from oa_shared.aws.failures import AWS_ERRORS, error_code
from oa_shared.secret import SecretUnavailableError, SecretVersion

if TYPE_CHECKING:
    from types_aiobotocore_secretsmanager import SecretsManagerClient

_NOT_FOUND = "ResourceNotFoundException"


class AwsSecret:
    """The secret with an ARN or a name."""

    def __init__(self, client: "SecretsManagerClient", secret_id: str) -> None:
        self._client, self._id = client, secret_id

    async def read(self, key: str, version: SecretVersion) -> str | None:
        """Return the value of a key; None when the secret does not have the version."""
        try:
            answer = await self._client.get_secret_value(SecretId=self._id, VersionStage=_stage(version))
        except AWS_ERRORS as error:
            if error_code(error) == _NOT_FOUND and version is SecretVersion.PREVIOUS:
                return None
            raise SecretUnavailableError(f"GetSecretValue: {error_code(error)}") from error
        return _find_value(answer.get("SecretString", ""), key)


def _stage(version: SecretVersion) -> str:
    match version:
        case SecretVersion.CURRENT:
            return "AWSCURRENT"
        case SecretVersion.PREVIOUS:
            return "AWSPREVIOUS"
        case _:
            assert_never(version)


def _find_value(text: str, key: str) -> str:
    """Return a value of a JSON object; the error names the key only, because the text is secret."""
    try:
        value = json.loads(text)[key]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise SecretUnavailableError(f"the secret is not a JSON object with the key {key!r}") from error
    if not isinstance(value, str):
        raise SecretUnavailableError(f"{key!r} of the secret is not a text")
    return value
