"""What requests about uploads say, after validation."""

from dataclasses import dataclass

from oa_api.http.schemas import TextCursorSlice


@dataclass(frozen=True, kw_only=True, slots=True)
class NewUpload:
    """A file that the client is about to send."""

    name: str
    size_bytes: int
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadFilter(TextCursorSlice):
    """Which uploads to list."""
