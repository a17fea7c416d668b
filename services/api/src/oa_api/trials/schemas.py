"""The schemas of the forms of trials."""

from marshmallow import ValidationError, fields

from oa_api.http.fields import RequestSchema, Text, identifier
from oa_api.trials.requests import TrialForm, TrialQuery
from oa_shared.carriers import why_not_name


def _check_name(name: str) -> None:
    reason = why_not_name(name)
    if reason:
        raise ValidationError(reason)


class TrialFormSchema(RequestSchema[TrialForm]):
    """POST /try. `definition` may hold any character: what is wrong with it is a remark, not a refusal."""

    definition = fields.String(load_default="")
    url = Text(load_default="")
    source_name = Text(load_default="", validate=_check_name)
    entry = Text(load_default="")


class TrialQuerySchema(RequestSchema[TrialQuery]):
    """GET /try."""

    job = identifier(load_default=None)
