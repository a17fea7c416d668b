"""The claim: what the one container that works on an attempt leaves on S3 before it begins."""

import json

CLAIM_FILE = "claim.json"


def claim(batch_job: str, owner: str) -> bytes:
    """Return the body of a claim: `owner` is random, so that a container knows its own again."""
    return json.dumps({"batch_job": batch_job, "owner": owner}).encode()


def read_claim(body: bytes) -> str | None:
    """Return Batch's id of the container that wrote a claim; None where it does not say."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    batch_job = told.get("batch_job") if isinstance(told, dict) else None
    return batch_job if isinstance(batch_job, str) and batch_job else None
