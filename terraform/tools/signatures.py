"""The signatures of requests to the emulated account: of a header, of a presigned link, of a form."""

# ruff: noqa: INP001, SLF001 - a program in its own folder that uses internals of moto
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.core.responses import BaseResponse
from moto.iam.access_control import IAMRequest
from moto.s3.exceptions import S3ClientError

ALGORITHM = "AWS4-HMAC-SHA256"
_SIGNATURE = "X-Amz-Signature"
_MISMATCH = "The request signature we calculated does not match the signature you provided."


class RefusedLinkError(S3ClientError):
    """A link or form that S3 refuses before it looks at permissions."""

    code = 403

    def __init__(self, reason: str) -> None:
        super().__init__("AccessDenied", reason)


def check_header(request_class: type[IAMRequest], call: BaseResponse) -> None:
    """Check the signature of a header as moto does."""
    path = call.raw_path + (f"?{call.parsed_url.query}" if call.parsed_url.query else "")
    request = request_class(
        account_id=call.current_account,
        method=call.method,
        path=path,
        data=call.data,
        body=call.raw_body,
        headers=call.headers,
        action=call._get_action(),
    )
    request.check_signature()


def check_link(call: BaseResponse, secret: str, query: dict[str, str]) -> None:
    """Check the signature and the age of a presigned link."""
    age_s = (datetime.now(UTC) - _moment(query["X-Amz-Date"])).total_seconds()
    if age_s > int(query["X-Amz-Expires"]):
        raise RefusedLinkError("Request has expired")
    region = query["X-Amz-Credential"].split("/")[2]
    # Clients may encode other characters than the signer did: the signature is over one form of them.
    pairs = [part.partition("=")[::2] for part in call.parsed_url.query.split("&")]
    signed = "&".join(f"{name}={quote(unquote(value), safe='-_.~')}" for name, value in pairs if name != _SIGNATURE)
    url = f"http://{call.headers['Host']}{call.raw_path}?{signed}"
    credentials = Credentials(query["X-Amz-Credential"].partition("/")[0], secret)
    signer = S3SigV4QueryAuth(credentials, "s3", region)
    request = AWSRequest(method=call.method, url=url, headers={"host": call.headers["Host"]})
    request.context["timestamp"] = query["X-Amz-Date"]
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    if query[_SIGNATURE] != expected:
        raise RefusedLinkError(_MISMATCH)


def check_form(secret: str, form: dict[str, str]) -> None:
    """Check the signature of a form, which is over its policy."""
    request = AWSRequest()
    request.context["timestamp"] = form["x-amz-date"]
    region = form["x-amz-credential"].split("/")[2]
    expected = S3SigV4Auth(Credentials("", secret), "s3", region).signature(form["policy"], request)
    if form["x-amz-signature"] != expected:
        raise RefusedLinkError(_MISMATCH)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
