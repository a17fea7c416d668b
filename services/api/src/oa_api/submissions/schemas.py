"""The schemas of requests of the dispatcher and of containers of array jobs, and of their responses."""

from marshmallow import fields, validate

from oa_api.http.fields import MAX_INTEGER, RequestSchema, StrictSchema, Text, about, identifier
from oa_api.http.schemas import ResponseSchema, id_field, text_field
from oa_api.jobs.attempt_fields import TOKEN_EXAMPLE, attempt_number_field, token_field
from oa_api.jobs.schemas import AttemptStateSchema
from oa_api.submissions.requests import (
    ArrayChild,
    ArrayTurn,
    AskedJobs,
    AttemptIdentity,
    NewArray,
    SubmittedArray,
    SubmittedAttempt,
    SubmittedAttempts,
)

MAX_ATTEMPTS = 1000
# The fewest children of an array job: https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html
MIN_CHILDREN = 2
_LONGEST_TURN_S = 3600
_BATCH_JOB = "0b7b1d9c-2f4a-4f0e-9d0a-6b7c8d9e0f1a"


class AskedJobsSchema(RequestSchema[AskedJobs]):
    """POST /api/job/states."""

    jobs = fields.List(
        identifier(),
        required=True,
        validate=validate.Length(min=1, max=MAX_ATTEMPTS),
        metadata=about("IDs of the jobs.", [1, 2]),
    )


class _IdentitySchema(StrictSchema):
    job = identifier(required=True, metadata=about("ID of the job.", 1))
    attempt = attempt_number_field()
    token = token_field()


class AttemptIdentitySchema(_IdentitySchema, RequestSchema[AttemptIdentity]):
    """An attempt, with its token."""


class SubmittedAttemptSchema(_IdentitySchema, RequestSchema[SubmittedAttempt]):
    """An attempt that Batch has accepted."""

    batch_job = Text(
        required=True, validate=validate.Length(min=1, max=200), metadata=about("AWS Batch job ID.", _BATCH_JOB)
    )


class SubmittedAttemptsSchema(RequestSchema[SubmittedAttempts]):
    """POST /api/job/submitted."""

    attempts = fields.List(
        fields.Nested(SubmittedAttemptSchema),
        required=True,
        validate=validate.Length(min=1, max=MAX_ATTEMPTS),
        metadata=about("The attempts."),
    )


def _turn() -> fields.Float:
    return fields.Float(
        required=True,
        allow_nan=False,
        validate=validate.Range(min=0, max=_LONGEST_TURN_S),
        metadata=about("Seconds for which no other dispatcher submits the array.", 60),
    )


class NewArraySchema(RequestSchema[NewArray]):
    """POST /api/array."""

    attempts = fields.List(
        fields.Nested(AttemptIdentitySchema),
        required=True,
        validate=validate.Length(min=MIN_CHILDREN, max=MAX_ATTEMPTS),
        metadata=about("Waiting attempts of jobs that can share a Batch queue and a job definition."),
    )
    turn_s = _turn()


class ArrayTurnSchema(RequestSchema[ArrayTurn]):
    """POST /api/array/{array}/turn."""

    turn_s = _turn()


class SubmittedArraySchema(RequestSchema[SubmittedArray]):
    """POST /api/array/{array}/submitted."""

    batch_job = Text(
        required=True, validate=validate.Length(min=1, max=180), metadata=about("ID of the array job.", _BATCH_JOB)
    )


class ArrayChildSchema(RequestSchema[ArrayChild]):
    """POST /api/array/{array}/child."""

    place = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(min=0, max=MAX_INTEGER),
        metadata=about("Place of the container in the array, from 0.", 0),
    )
    token = token_field("Token of the array.")
    proof = fields.Dict(
        keys=Text(validate=validate.Length(max=40)),
        values=Text(validate=validate.Length(max=8192)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=5),
        metadata=about("Headers of a signed call of STS, which prove the identity of the container.", {}),
    )
    batch_job = Text(
        required=True,
        validate=validate.Length(max=200),
        metadata=about("AWS Batch job ID of the container.", f"{_BATCH_JOB}:0"),
    )


class SubmissionStateSchema(AttemptStateSchema):
    """The latest attempt of a job, and the array that it is part of."""

    array = fields.Integer(
        required=True, allow_none=True, metadata=about("ID of the array that the attempt is a child of.", 1)
    )


class SubmissionStatesSchema(ResponseSchema):
    """Latest attempts; jobs that do not exist are left out."""

    states = fields.List(fields.Nested(SubmissionStateSchema), required=True)


class SubmissionOutcomeSchema(ResponseSchema):
    """What became of a report."""

    job = id_field("ID of the job.")
    outcome = text_field("The new status, or the reason for ignoring the report.", "Submitted", "already_there")


class SubmissionOutcomesSchema(ResponseSchema):
    """What became of each report, in the order of the request; jobs that do not exist are left out."""

    outcomes = fields.List(fields.Nested(SubmissionOutcomeSchema), required=True)


class BatchArraySchema(ResponseSchema):
    """An array of attempts."""

    id = id_field("ID of the array.")
    token = text_field("Token of the array, for its containers.", TOKEN_EXAMPLE)
    size = fields.Integer(required=True, metadata=about("Number of places.", 500))
    batch_job = text_field("ID of its array job, once Batch has accepted it.", allow_none=True)


class CreatedArraySchema(ResponseSchema):
    """The array of attempts that wait; null if too few do."""

    array = fields.Nested(BatchArraySchema, required=True, allow_none=True)
    jobs = fields.List(id_field("ID of a job."), required=True, metadata=about("The jobs that are part of it."))


class ArrayChildAttemptSchema(ResponseSchema):
    """What the container of a child works on."""

    run = id_field("ID of the run.")
    job = id_field("ID of the job.")
    attempt = fields.Integer(required=True, metadata=about("Number of the attempt.", 1))
    token = text_field("Token of the attempt.", TOKEN_EXAMPLE)
    kind = text_field("Job kind.", "source")
    layer = text_field("Layer of the entry.", "addresses")
    name = text_field("Entry of the layer.", "city")
    source_name = text_field("Name of the source.", "us/ca/berkeley")
    sample = fields.Integer(required=True, allow_none=True, metadata=about("Number of features of a sample job."))
    traceparent = text_field("W3C trace context of the request that created the job.", allow_none=True)
