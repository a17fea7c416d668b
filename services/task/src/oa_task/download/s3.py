"""`s3://bucket/key` as a public HTTPS address.

It is read without credentials, also from a bucket of our own: a definition comes from a stranger, and must not reach
with our rights what the stranger cannot reach alone.
"""

from yarl import URL

from oa_task.runtime.failure import TaskFailure

SCHEME = "s3"


def https_address(address: str) -> str:
    """Return the HTTPS address of an object. Raises TaskFailure source.schema unless bucket and key are named.

    A name with dots does not fit the certificate, so it goes in the path.
    """
    url = URL(address)
    bucket, key = url.host or "", url.raw_path.lstrip("/")
    if not bucket or not key:
        raise TaskFailure("source.schema", f"{address[:200]!r} names no bucket and key: use s3://bucket/key")
    if "." in bucket:
        return f"https://s3.amazonaws.com/{bucket}/{key}"
    return f"https://{bucket}.s3.amazonaws.com/{key}"


def in_region(url: URL, region: str) -> URL:
    """Return an S3 address in the region that S3 named; any other address as it is."""
    host = url.host or ""
    if not host.endswith("s3.amazonaws.com") or not region.replace("-", "").isalnum():
        return url
    return url.with_host(host.removesuffix("s3.amazonaws.com") + f"s3.{region}.amazonaws.com")
