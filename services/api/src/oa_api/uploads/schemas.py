"""The shapes of /api/upload."""

from marshmallow import fields, validate

from oa_api.http.fields import StrictSchema, Text, Time, about
from oa_api.http.schemas import MAX_LIMIT, ResponseSchema

UPLOAD_STATES = ("Waiting", "Ready", "Refused", "Deleted")
_UPLOAD_ID = r"[0-9a-f]{32}\Z"


class NewUploadSchema(StrictSchema):
    """POST /api/upload."""

    name = Text(
        required=True,
        validate=validate.Regexp(r"(?!\.)[A-Za-z0-9_.-]{1,120}\Z", error="Use letters, digits, `_`, `.` and `-`."),
        metadata=about("The file's name; its ending says what it is.", "addresses.zip"),
    )
    size_bytes = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1), metadata=about("Its exact size.", 1_048_576)
    )
    sha256 = Text(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"[0-9a-f]{64}\Z"),
        metadata=about("Its SHA-256; when given, it is compared."),
    )


class UploadFilterSchema(StrictSchema):
    """GET /api/upload."""

    cursor = Text(
        load_default=None, validate=validate.Regexp(_UPLOAD_ID), metadata=about("The id of the last one that you have.")
    )
    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT), metadata=about("How many, at most.", 25)
    )


class UploadSchema(ResponseSchema):
    """A file that was sent, or is to be."""

    id = fields.String(required=True, metadata=about("Its id.", "0123456789abcdef0123456789abcdef"))
    account = fields.String(required=True, metadata=about("Whose it is: the number of an account.", "7"))
    name = fields.String(required=True, metadata=about("The file's name.", "addresses.zip"))
    size_bytes = fields.Integer(required=True, metadata=about("Its size."))
    content_type = fields.String(required=True, metadata=about("Its media type.", "application/zip"))
    state = fields.String(
        required=True,
        validate=validate.OneOf(UPLOAD_STATES),
        metadata=about("`Ready`: it was looked at, and `url` gives it to anyone.", "Ready"),
    )
    reason = fields.String(required=True, allow_none=True, metadata=about("Why it was refused, in words."))
    created_at = Time(required=True, metadata=about("When it was begun."))
    checked_at = Time(required=True, allow_none=True, metadata=about("When it was looked at."))
    url = fields.String(
        required=True,
        allow_none=True,
        metadata=about("Where anyone finds it, for `data` of a source; null until it is ready."),
    )


class FormSchema(ResponseSchema):
    """How the file is sent."""

    method = fields.String(
        required=True,
        validate=validate.OneOf(["POST", "PUT"]),
        metadata=about("`POST`: as a form with `fields` and then `file`; `PUT`: as the body."),
    )
    url = fields.String(required=True, metadata=about("Where it is sent."))
    fields_ = fields.Dict(
        required=True,
        keys=fields.String(),
        values=fields.String(),
        data_key="fields",
        metadata=about("Fields of the form, before the file."),
    )
    expires_s = fields.Integer(required=True, metadata=about("How long that is possible, in seconds.", 3600))


class BegunUploadSchema(UploadSchema):
    """POST /api/upload: the upload, and how its file is sent."""

    form = fields.Nested(FormSchema, required=True)


class UploadListSchema(ResponseSchema):
    """GET /api/upload."""

    uploads = fields.List(fields.Nested(UploadSchema), required=True)


class DeletedUploadSchema(ResponseSchema):
    """DELETE /api/upload/{upload}."""

    id = fields.String(required=True, metadata=about("Its id."))
    state = fields.String(required=True, validate=validate.OneOf(["Deleted"]))
