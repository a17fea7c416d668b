"""What identifies a version of a file over HTTP, and whether an answer 304 is about the stored version.

Servers and caches between them are wrong about versions in known ways: each check here is a reason to download the
file and to compare its bytes, never a reason to fail.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from yarl import URL

from oa_task.download.previous_download import PreviousDownload
from oa_task.download.shown_url import is_secret_parameter

_SETTLED = timedelta(minutes=2)
"""The age from which a time identifies a version: a younger file may change again in the same second or minute."""
_SIGNED_PREFIXES = ("x-amz-", "x-goog-", "x-oss-", "x-ms-")
_SIGNED_NAMES = frozenset(
    {
        "awsaccesskeyid",
        "expires",
        "googleaccessid",
        "key-pair-id",
        "policy",
        "se",
        "ske",
        "skoid",
        "sks",
        "skt",
        "sktid",
    }
    | {"skv", "sp", "spr", "sr", "st", "sv"}
)


def usable_validators(headers: Mapping[str, str], *, now: datetime | None = None) -> tuple[str | None, str | None]:
    """Return the ETag and the Last-Modified time of a response, None for one that does not identify its bytes.

    A time that is malformed, has no zone, is in the future or is younger than two minutes does not; nor does a weak
    ETag together with such a time, from which many servers derive it (RFC 9110, sections 8.8.1 and 8.8.2.2).
    """
    etag, last_modified = headers.get("ETag"), headers.get("Last-Modified")
    answered_at = _moment(headers.get("Date")) or now or datetime.now(UTC)
    is_settled = last_modified is not None and _is_settled(_moment(last_modified), answered_at)
    if etag and etag.startswith("W/") and last_modified is not None and not is_settled:
        etag = None
    return etag, last_modified if etag or is_settled else None


def _is_settled(changed_at: datetime | None, now: datetime) -> bool:
    """Return whether the time of a change is known, and so old that a later change has another one."""
    return changed_at is not None and changed_at <= now - _SETTLED


def settled_time(last_modified: str | None) -> str | None:
    """Return the time of a version if it identifies the bytes that have arrived, else None."""
    return last_modified if _is_settled(_moment(last_modified), datetime.now(UTC)) else None


def contradiction(headers: Mapping[str, str], url: URL, stored: PreviousDownload) -> str | None:
    """Return why an answer 304 from a URL is not about the stored version; None if nothing shows that.

    The answer comes from another address than the stored version did, or names another ETag, time or size.
    """
    if stored.location != final_location(URL(stored.url), url):
        return "the server redirects to another address"
    etag, last_modified = headers.get("ETag"), headers.get("Last-Modified")
    if etag is not None and _opaque(etag) != _opaque(stored.etag or ""):
        return f"the answer names the ETag {etag[:100]!r}"
    if last_modified is not None and stored.last_modified not in {None, last_modified}:
        return f"the answer names the time {last_modified[:100]!r}"
    size = headers.get("Content-Length", "0")
    if size.isdecimal() and size.lstrip("0") not in {"", str(stored.record.get("bytes"))}:
        return f"the answer names the size {size[:100]}"
    return None


def final_location(requested: URL, final: URL) -> str | None:
    """Return a digest of the address to which redirects lead, without what signs it; None without redirects."""
    if final.with_user(None).with_fragment(None) == requested.with_user(None).with_fragment(None):
        return None
    query = list(final.query.items())
    if any(is_secret_parameter(name) for name, _ in query):
        query = [(name, value) for name, value in query if not _signs(name)]
    address = final.with_user(None).with_fragment(None).with_query(query)
    return hashlib.sha256(str(address).encode()).hexdigest()[:32]


def _signs(name: str) -> bool:
    lower = name.lower()
    return is_secret_parameter(name) or lower in _SIGNED_NAMES or lower.startswith(_SIGNED_PREFIXES)


def _opaque(etag: str) -> str:
    """Return an ETag for the weak comparison, which If-None-Match uses; caches add a suffix when they compress."""
    return etag.removeprefix("W/").replace('-gzip"', '"')


def _moment(text: str | None) -> datetime | None:
    """Return the time in a header, None without one or for one without a zone."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else None
