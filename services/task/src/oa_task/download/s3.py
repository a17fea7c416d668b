"""`s3://bucket/key` as a public HTTPS address.

It is read without credentials, also from a bucket of our own: a definition comes from a stranger, and must not reach
with our rights what the stranger cannot reach alone.
"""

from yarl import URL

from oa_task.failure import TaskFailure

SCHEME = "s3"


def https_address(address: str) -> str:
    """Return the HTTPS address of an object. Raises TaskFailure source.schema unless bucket and key are named.

    S3 redirects to the bucket's region itself. A name with dots does not fit the certificate, so it goes in the path.
    """
    url = URL(address)
    bucket, key = url.host or "", url.raw_path.lstrip("/")
    if not bucket or not key:
        raise TaskFailure("source.schema", f"{address[:200]!r} names no bucket and key: use s3://bucket/key")
    if "." in bucket:
        return f"https://s3.amazonaws.com/{bucket}/{key}"
    return f"https://{bucket}.s3.amazonaws.com/{key}"
