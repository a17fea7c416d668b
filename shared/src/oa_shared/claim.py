"""The claim: an object on S3 by which exactly one container works on an attempt."""

import json

CLAIM_FILE = "claim.json"


def claim(batch_job: str, owner: str) -> bytes:
    """Return the body of a claim; `owner` is a random string by which a container recognizes its own claim."""
    return json.dumps({"batch_job": batch_job, "owner": owner}).encode()


def read_claim(body: bytes) -> str | None:
    """Return the Batch id of the container that wrote a claim; None when the claim names none."""
    try:
        decoded = json.loads(body)
    except ValueError:
        return None
    batch_job = decoded.get("batch_job") if isinstance(decoded, dict) else None
    return batch_job if isinstance(batch_job, str) and batch_job else None
