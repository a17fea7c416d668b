"""Links to files in the bucket, and which of them a CDN serves."""

from urllib.parse import quote

from oa_api.settings import Settings
from oa_shared.ids import parse_attempt_key

# What an attempt writes for this system only: a token, the holder of the attempt, and a log that grows. Neither the API
# nor a CDN hands them out as files; terraform/modules/storage/main.tf names the same.
PRIVATE_FILES = frozenset({"claim.json", "log.jsonl", "result.json"})
REDIRECT = "redirect"
# The file behind a redirect may be another one after a rerun of its job.
REDIRECT_MAX_AGE_S = 60


def cdn_url(settings: Settings, key: str) -> str | None:
    """Return the URL of a file on the CDN, valid while the file is kept; None for a file that the CDN refuses.

    It serves the files of attempts, which are each written once: not uploads, and not the records of an attempt.
    """
    parsed = parse_attempt_key(key)
    is_public = parsed is not None and parsed.file not in PRIVATE_FILES
    if not settings.files_url or settings.output_mode != REDIRECT or not is_public:
        return None
    return f"{settings.files_url.rstrip('/')}/{quote(key)}"
