"""The error code and the HTTP status of a failed AWS call; messages are never parsed."""

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

AWS_ERRORS = (ClientError, BotoCoreError, OSError, TimeoutError)
_SERVER_ERROR = 500


def error_code(error: BaseException) -> str:
    """Return the error code of AWS, or the name of the exception when there was no answer."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def http_status(error: BaseException) -> int:
    """Return the HTTP status of the answer, 0 when there was none."""
    if isinstance(error, ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return 0


def is_definite(error: BaseException) -> bool:
    """Return whether the call was refused, by the service or before it was sent: then nothing happened for certain."""
    return isinstance(error, ParamValidationError) or 0 < http_status(error) < _SERVER_ERROR
