"""What requests may say; answers are dumped from rows by `oa_api.representation`."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from oa_shared.lanes import Lane
from oa_shared.status import LAYERS, JobStatus

MAX_ID = 2**63 - 1
MAX_LIMIT = 100
MAX_JOBS = 10_000


class Strict(Schema):
    """Unknown fields are errors."""

    class Meta:
        """Refuse what is not known."""

        unknown = RAISE


class Text(fields.String):
    """Text that Postgres can hold: no NUL, no lone surrogate."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "\x00" in text or not _is_unicode(text):
            raise ValidationError("Not valid text.")
        return text


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Statuses(fields.Field[list[str]]):
    """A comma list of job statuses."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:  # noqa: ARG002
        given = [part.strip() for part in str(value).split(",") if part.strip()]
        unknown = sorted(set(given) - set(JobStatus))
        if unknown or not given:
            raise ValidationError(f"Unknown: {', '.join(unknown) or 'empty'}; use {', '.join(JobStatus)}.")
        return given


def _id_field(**extra: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(min=1, max=MAX_ID), **extra)


class Page(Strict):
    """How much of a list, and from where."""

    limit = fields.Integer(load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT))
    page = fields.Integer(load_default=0, validate=validate.Range(min=0, max=1_000_000))
    cursor = _id_field(load_default=None)
    order = fields.String(load_default="desc", validate=validate.OneOf(["desc"]))
    sort = fields.String(load_default="id", validate=validate.OneOf(["id"]))
    before = fields.AwareDateTime(load_default=None, format="iso")
    after = fields.AwareDateTime(load_default=None, format="iso")
    live = fields.Boolean(load_default=None)
    run = _id_field(load_default=None)
    status = Statuses(load_default=None)


class RunFilter(Page):
    """GET /api/run."""


class JobFilter(Page):
    """GET /api/job."""

    source = Text(load_default=None)
    layer = fields.String(load_default=None, validate=validate.OneOf(LAYERS))


class DataFilter(Strict):
    """GET /api/data."""

    limit = fields.Integer(load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT))
    page = fields.Integer(load_default=0, validate=validate.Range(min=0, max=1_000_000))
    source = Text(load_default=None)
    layer = fields.String(load_default=None, validate=validate.OneOf(LAYERS))


class LogFormat(Strict):
    """GET /api/job/{job}/log."""

    format = fields.String(load_default="json", validate=validate.OneOf(["json", "text"]))


class NewRun(Strict):
    """POST /api/run."""

    live = fields.Boolean(load_default=False)
    github = fields.Dict(keys=Text(), load_default=None, allow_none=True)
    lane = fields.Enum(Lane, by_value=True, load_default=Lane.MANUAL)


class RunChange(Strict):
    """PATCH /api/run/{run}."""

    live = fields.Boolean(load_default=None)
    closed = fields.Boolean(load_default=None)
    github = fields.Dict(keys=Text(), load_default=None, allow_none=True)


class NewJobs(Strict):
    """POST /api/run/{run}/jobs; the elements are checked one by one, so that each refusal names its own."""

    jobs = fields.List(fields.Raw(), required=True, validate=validate.Length(min=1, max=MAX_JOBS))


class NewJob(Strict):
    """One element of POST /api/run/{run}/jobs that is not a plain URL."""

    source = fields.Raw(required=True)
    source_name = Text(load_default=None, validate=validate.Regexp(r"[\w.-]+(/[\w.-]+){0,9}\Z"))
    layer = fields.String(load_default=None)
    name = Text(load_default=None)


class JobChange(Strict):
    """PATCH /api/job/{job}."""

    status = fields.Enum(JobStatus, by_value=True, required=True)
    attempt = fields.Integer(required=True, validate=validate.Range(min=1, max=2**31 - 1))
    token = Text(required=True)
    batch_job = Text(load_default=None, validate=validate.Length(max=200))
    code = Text(load_default=None)
    message = Text(load_default=None)
