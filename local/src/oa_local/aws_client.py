"""Clients of AWS services and their emulators, for the scripts that need no event loop."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session
from localstack_client.config import get_service_endpoint

# botocore builds the methods of a client at run time, from a description of the service.
AwsClient = Any
# LocalStack loads a service at its first call, which may take more than ten seconds.
_CONFIG = Config(connect_timeout=5, read_timeout=30)


def client(service: str, environ: Mapping[str, str]) -> AwsClient:
    """Return a client for the endpoint and keys in `environ`; without an endpoint, that of LocalStack."""
    specific = environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environ.get("AWS_ENDPOINT_URL")
    return _session().create_client(
        service,
        endpoint_url=specific or get_service_endpoint(service, environ.get("LOCALSTACK_HOST", "127.0.0.1")),
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=environ.get("AWS_SESSION_TOKEN"),
        region_name=environ["AWS_DEFAULT_REGION"],
        config=_CONFIG,
    )


@cache
def _session() -> Session:
    """Return the session whose clients share the models of the services: reading one takes up to 0.2 s."""
    return get_session()
