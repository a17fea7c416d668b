"""The bodies of deliveries, in the form that https://www.standardwebhooks.com recommends: type, timestamp, data."""

import json
from datetime import UTC, datetime

from oa_api.http.fields import rfc3339
from oa_shared.json_types import JsonObject

_URLS = ("url", "history")


def ping_body(event: str, webhook: int) -> str:
    """Return the body of a test delivery."""
    data: JsonObject = {"webhook": webhook}
    now = rfc3339(datetime.now(UTC))
    return json.dumps({"type": event, "timestamp": now, "data": data, "event": event, "webhook": webhook})


def body_on_site(body: str, site: str) -> str:
    """Return a body whose URLs are absolute: the transaction that queues it knows the paths only."""
    values: JsonObject = json.loads(body)
    data = values.get("data")
    if not isinstance(data, dict):
        return body
    urls = {name: site + path for name in _URLS if isinstance(path := data.get(name), str) and path.startswith("/")}
    return json.dumps({**values, "data": {**data, **urls}}, ensure_ascii=False)
