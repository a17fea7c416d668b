"""`s3://bucket/key` as a public HTTPS URL.

The download uses no credentials, even for a bucket of this project: a definition is untrusted, and must not reach
with the permissions of the task what its author cannot reach.
"""

from yarl import URL

from oa_task.runtime.failure import TaskFailure

SCHEME = "s3"


def https_address(address: str) -> str:
    """Return the HTTPS URL of an object. Raises TaskFailure source.schema without a bucket and a key.

    A bucket name with dots does not match the certificate, so it becomes part of the path.
    """
    url = URL(address)
    bucket, key = url.host or "", url.raw_path.lstrip("/")
    if not bucket or not key:
        raise TaskFailure("source.schema", f"{address[:200]!r} has no bucket or no key: use s3://bucket/key")
    if "." in bucket:
        return f"https://s3.amazonaws.com/{bucket}/{key}"
    return f"https://{bucket}.s3.amazonaws.com/{key}"


def in_region(url: URL, region: str) -> URL:
    """Return an S3 URL in the region that S3 names; return any other URL unchanged."""
    host = url.host or ""
    if not host.endswith("s3.amazonaws.com") or not region.replace("-", "").isalnum():
        return url
    return url.with_host(host.removesuffix("s3.amazonaws.com") + f"s3.{region}.amazonaws.com")
