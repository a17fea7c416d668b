"""The schemas of the forms of trials."""

from marshmallow import ValidationError, fields, validate

from oa_api.http.fields import RequestSchema, Text, identifier
from oa_api.trials.requests import NewSourceForm, TrialForm, TrialQuery
from oa_shared.carriers import why_not_name
from oa_shared.status import LAYERS


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


class NewSourceSchema(RequestSchema[NewSourceForm]):
    """GET and POST /new-source. The page shows the problem of a URL."""

    url = Text(load_default="")
    layer = Text(load_default="", validate=validate.OneOf(LAYERS))
    source_name = Text(load_default="", validate=_check_name)
