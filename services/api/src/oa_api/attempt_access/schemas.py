"""The schemas of requests of containers and of their responses."""

from marshmallow import fields, validate

from oa_api.attempt_access.requests import AttemptToken, RequestedInputs
from oa_api.http.fields import RequestSchema, StrictSchema, Text, about
from oa_api.http.schemas import ResponseSchema, id_field, text_field
from oa_api.jobs.attempt_fields import token_field

MAX_INPUTS = 100
_KEY = "job/1/attempt-1/source.parquet"


class _TokenSchema(StrictSchema):
    token = token_field()


class AttemptTokenSchema(_TokenSchema, RequestSchema[AttemptToken]):
    """POST /api/job/{job}/attempt/{attempt}/credentials."""


class RequestedInputsSchema(_TokenSchema, RequestSchema[RequestedInputs]):
    """POST /api/job/{job}/attempt/{attempt}/inputs."""

    keys = fields.List(
        Text(),
        required=True,
        validate=validate.Length(min=1, max=MAX_INPUTS),
        metadata=about("Keys of inputs, as the plan of the job names them.", [_KEY]),
    )


class CredentialsSchema(ResponseSchema):
    """Temporary credentials of AWS."""

    access_key_id = text_field("Access key ID.", "ASIAIOSFODNN7EXAMPLE")
    secret_access_key = text_field("Secret access key.")
    session_token = text_field("Session token.")
    valid_s = fields.Integer(required=True, metadata=about("Validity in seconds, from the request.", 3600))


class AttemptCredentialsSchema(ResponseSchema):
    """Credentials of an attempt; null if this system issues none."""

    job = id_field("ID of the job.")
    attempt = id_field("Number of the attempt.")
    credentials = fields.Nested(CredentialsSchema, required=True, allow_none=True)


class SignedInputSchema(ResponseSchema):
    """An input of a product with the URL of its bytes."""

    key = text_field("Key of the input.", _KEY)
    url = text_field("Signed URL, valid for an hour.")


class SignedInputsSchema(ResponseSchema):
    """Inputs of a product, in the order of the request."""

    job = id_field("ID of the job.")
    inputs = fields.List(fields.Nested(SignedInputSchema), required=True)
