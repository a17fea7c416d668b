"""Why a call of the API brought no answer."""

from oa_shared.errors import OaError
from oa_shared.json_types import JsonMapping


class UnreachableError(OaError):
    """The API does not answer, or answers that it fails."""

    code = "cli.unreachable"
    title = "The API does not answer."


class RejectedError(OaError):
    """The API rejected the request; `fields` has the errors by field."""

    code = "cli.rejected"
    title = "The API rejected the request."

    def __init__(self, detail: str, fields: JsonMapping | None = None) -> None:
        super().__init__(detail)
        self.fields = fields or {}


class NotAllowedError(RejectedError):
    """The API does not accept the token, or the role of its account may not do this."""

    code = "cli.not_allowed"
    title = "The API does not accept the token, or its role is too low."
