"""What a failed AWS call says about itself, without reading its prose."""

from botocore.exceptions import BotoCoreError, ClientError

AWS_ERRORS = (ClientError, BotoCoreError, OSError, TimeoutError)
_SERVER_ERROR = 500


def error_code(error: BaseException) -> str:
    """Return AWS's machine-readable code, or the exception's name where no answer came."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def http_status(error: BaseException) -> int:
    """Return the HTTP status of the answer, 0 where none came."""
    if isinstance(error, ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return 0


def is_definite(error: BaseException) -> bool:
    """Return whether the service itself said no, so that nothing can have happened."""
    return 0 < http_status(error) < _SERVER_ERROR
