"""Webhooks: created by admins, queued in the publishing transaction, signed, retried, guarded."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook as StandardWebhook
from standardwebhooks.webhooks import WebhookVerificationError

from oa_api.webhooks.sender import Sender
from oa_api.webhooks.worker import DELAYS_S, MAX_FAILED_DELIVERIES, deliver_once, run_webhooks
from oa_shared.status import JobStatus
from support.publishing import make_job, publish, report_status, result
from support.running_api import INTERNAL, RunningApi, running_api

SITE = "https://batch.example.org"


@dataclass
class Receiver:
    """A receiver of deliveries: keeps each request and responds with `status`."""

    status: int = 204
    url: str = ""
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    before_response: Awaitable[object] | None = None

    async def receive(self, request: web.Request) -> web.Response:
        if self.before_response is not None:
            await self.before_response
        self.received.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver_, app = Receiver(), web.Application()
    app.router.add_post("/hook", receiver_.receive)
    app.router.add_post("/elsewhere", receiver_.receive)
    async with TestServer(app) as server:
        receiver_.url = str(server.make_url("/hook"))
        yield receiver_


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[RunningApi]:
    async with running_api(database_url, allowed_hosts=("127.0.0.1",)) as running:
        yield running


async def subscribe(api: RunningApi, url: str, **more: Any) -> dict[str, Any]:
    """Create a webhook and delete its first ping."""
    response = await api.client.post("/api/webhook", json={"url": url, **more}, headers=INTERNAL)
    assert response.status == 200, await response.text()
    await api.database.execute("DELETE FROM webhook_delivery")
    return dict(await response.json())


async def deliver(api: RunningApi, *, opened: tuple[str, ...] = ("127.0.0.1",), timeout_s: float = 5) -> int:
    async with Sender(opened, site=SITE, timeout_s=timeout_s) as sender:
        return await deliver_once(api.database, sender)


async def make_due(api: RunningApi) -> None:
    await api.database.execute("UPDATE webhook SET retry_after = now()")
    await api.database.execute("UPDATE webhook_delivery SET due_at = now() WHERE state = 'waiting'")


async def deliveries(api: RunningApi, webhook: int, query: str = "") -> list[dict[str, Any]]:
    return list((await api.get(f"/api/webhook/{webhook}/deliveries{query}", **INTERNAL))["deliveries"])


async def test_new_webhook_returns_its_secret_once_and_gets_a_ping(api: RunningApi, receiver: Receiver) -> None:
    response = await api.client.post("/api/webhook", json={"url": receiver.url}, headers=INTERNAL)
    webhook = await response.json()
    assert len(base64.b64decode(webhook["secret"].removeprefix("whsec_"), validate=True)) == 32
    assert response.headers["Cache-Control"] == "no-store"
    shown = [await api.get(f"/api/webhook/{webhook['id']}", **INTERNAL), await api.get("/api/webhook", **INTERNAL)]
    assert webhook["secret"] not in json.dumps(shown)
    assert await deliver(api) == 1
    ping = json.loads(receiver.received[0][1])
    assert ping["type"] == ping["event"] == "ping"
    assert ping["data"] == {"webhook": webhook["id"]}
    entry = await api.database.first("SELECT action, subject, detail FROM audit")
    assert entry is not None
    assert entry["action"] == "webhook.create"
    assert entry["subject"] == f"webhook/{webhook['id']}"
    assert webhook["secret"] not in json.dumps(entry["detail"])


async def test_publication_is_sent_signed_to_matching_webhooks(api: RunningApi, receiver: Receiver) -> None:
    webhook = await subscribe(api, receiver.url, source="us/ca/", layer="addresses")
    for other in ({"source": "us/wa/"}, {"source": "us/ca"}, {"layer": "parcels"}):
        await subscribe(api, receiver.url, **other)
    job = await publish(api, "us/ca/berkeley")
    assert await deliver(api) == 1
    ((headers, body),) = receiver.received
    event = json.loads(body)
    assert event["event"] == "data.published"
    assert event["data"]["source_name"] == "us/ca/berkeley"
    assert event["data"]["job"] == job["id"]
    assert event["data"]["changes"] == {"added": 3, "removed": 2}
    assert StandardWebhook(webhook["secret"]).verify(body, dict(headers)) == event
    # The form that Standard Webhooks recommends.
    assert event["type"] == "data.published"
    assert event["timestamp"] == event["created_at"]
    assert event["data"]["url"] == f"{SITE}/api/data/{event['data']['id']}"
    assert event["data"]["history"] == f"{event['data']['url']}/history"
    (delivery,) = await deliveries(api, webhook["id"])
    assert headers["webhook-id"] == str(delivery["id"])
    assert delivery["state"] == "delivered"
    assert delivery["status"] == 204
    assert delivery["tries"] == 1
    assert await deliver(api) == 0


async def test_publication_that_is_rolled_back_queues_no_delivery_and_leaves_no_history(
    api: RunningApi, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe(api, receiver.url)
    job = await make_job(api)

    with monkeypatch.context() as patch:
        patch.setattr("oa_api.jobs.publishing.fault_point", _raise_at)
        with pytest.raises(ConnectionError):
            await report_status(api.database, job, JobStatus.SUCCESS, result=result(job["id"]))
    assert [await api.count(table) for table in ("data", "publication", "webhook_delivery")] == [0, 0, 0]
    await report_status(api.database, job, JobStatus.SUCCESS, result=result(job["id"]))
    assert [await api.count(table) for table in ("data", "publication", "webhook_delivery")] == [1, 1, 1]


def _raise_at(place: str) -> None:
    if place == "publish.after":
        raise ConnectionError


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_delivery_that_is_not_accepted_is_retried_and_follows_no_redirect(
    api: RunningApi, receiver: Receiver, status: int
) -> None:
    webhook = await subscribe(api, receiver.url)
    await publish(api)
    receiver.status = status
    await deliver(api)
    assert await deliver(api) == 0
    (delivery,) = await deliveries(api, webhook["id"], "?state=waiting")
    assert delivery["status"] == status
    assert delivery["error"] == f"HTTP {status}"
    assert delivery["tries"] == 1
    receiver.status = 200
    await make_due(api)
    await deliver(api)
    assert [item["state"] for item in await deliveries(api, webhook["id"])] == ["delivered"]
    assert len({body for _, body in receiver.received}) == 1
    assert len(receiver.received) == 2


async def test_delivery_whose_sender_died_is_sent_again(api: RunningApi, receiver: Receiver) -> None:
    await subscribe(api, receiver.url)
    await publish(api)
    await api.database.all("UPDATE webhook_delivery SET tries = 1, due_at = now() + interval '60 s' RETURNING id")
    assert await deliver(api) == 0
    await make_due(api)
    assert await deliver(api) == 1


async def test_delivery_of_which_the_process_dies_each_time_fails_without_another_attempt(
    api: RunningApi, receiver: Receiver
) -> None:
    webhook = await subscribe(api, receiver.url)
    sent = len(receiver.received)
    await publish(api)
    await api.database.execute("UPDATE webhook_delivery SET tries = 20 WHERE state = 'waiting'")
    await deliver(api)
    assert len(receiver.received) == sent
    assert "failed" in {item["state"] for item in await deliveries(api, webhook["id"])}


async def test_webhook_that_rejects_a_delivery_backs_off_before_the_next(api: RunningApi, receiver: Receiver) -> None:
    await subscribe(api, receiver.url)
    await publish(api)
    receiver.status = 500
    await deliver(api)
    await publish(api, "xx/next")
    assert await deliver(api) == 0
    await make_due(api)
    assert await deliver(api) == 2


async def test_webhook_that_rejects_every_delivery_is_disabled_with_the_reason(
    api: RunningApi, receiver: Receiver
) -> None:
    webhook = await subscribe(api, receiver.url)
    receiver.status = 500
    for number in range(MAX_FAILED_DELIVERIES + 1):
        await publish(api, f"xx/{number}")
    await api.database.execute("UPDATE webhook_delivery SET tries = %(tries)s", {"tries": len(DELAYS_S)})
    later = (
        "UPDATE webhook_delivery SET due_at = now() + interval '1 h' WHERE id = (SELECT max(id) FROM webhook_delivery)"
    )
    await api.database.execute(later)
    while await deliver(api):
        pass
    shown = await api.get(f"/api/webhook/{webhook['id']}", **INTERNAL)
    assert shown["active"] is False
    assert shown["disabled_reason"].endswith("HTTP 500")
    assert {item["state"] for item in await deliveries(api, webhook["id"])} == {"failed"}
    await publish(api, "xx/later")
    assert shown["waiting"] == 0
    assert (await api.client.post(f"/api/webhook/{webhook['id']}/ping", headers=INTERNAL)).status == 409
    change = await api.client.patch(f"/api/webhook/{webhook['id']}", json={"active": True}, headers=INTERNAL)
    assert (await change.json())["disabled_reason"] is None


async def test_webhook_that_an_admin_disabled_stays_disabled_when_a_delivery_fails(
    api: RunningApi, receiver: Receiver
) -> None:
    webhook = await subscribe(api, receiver.url)
    await publish(api)
    await api.database.execute("UPDATE webhook_delivery SET tries = %(tries)s", {"tries": len(DELAYS_S)})
    await publish(api, "xx/later")
    await api.database.execute("UPDATE webhook_delivery SET due_at = now() + interval '1 h' WHERE tries = 0")
    receiver.status, receiver.before_response = 500, api.database.execute("UPDATE webhook SET active = false")
    await deliver(api)
    shown = await api.get(f"/api/webhook/{webhook['id']}", **INTERNAL)
    assert shown["active"] is False
    assert shown["disabled_reason"] is None
    assert shown["waiting"] == 1


@pytest.mark.parametrize(
    "url",
    [
        *("http://10.0.0.1/x", "https://169.254.169.254/x", "http://example.org/x", "https://a:b@example.org/"),
        *("ftp://a/b", "https://example.org:99999/", "https://["),
    ],
)
async def test_url_that_deliveries_must_not_go_to_is_refused(api: RunningApi, url: str) -> None:
    response = await api.client.post("/api/webhook", json={"url": url}, headers=INTERNAL)
    assert response.status == 422
    assert "url" in (await response.json())["errors"]


async def test_name_that_resolves_to_a_private_address_gets_no_delivery(api: RunningApi, receiver: Receiver) -> None:
    webhook = await subscribe(api, "https://localhost/hook")
    await publish(api)
    await deliver(api, opened=())
    (delivery,) = await deliveries(api, webhook["id"])
    assert "not on the public internet" in delivery["error"]
    assert receiver.received == []


async def test_receiver_that_does_not_respond_times_out(api: RunningApi) -> None:
    async def hang(_request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hang)
    async with TestServer(app) as server:
        webhook = await subscribe(api, str(server.make_url("/")))
        await publish(api)
        await deliver(api, timeout_s=0.1)
    (delivery,) = await deliveries(api, webhook["id"])
    assert delivery["error"] == "no response within 0.1 s"


async def test_new_secret_replaces_the_old_one(api: RunningApi, receiver: Receiver) -> None:
    webhook = await subscribe(api, receiver.url)
    address = f"/api/webhook/{webhook['id']}"
    changed = await (await api.client.patch(address, json={"new_secret": True}, headers=INTERNAL)).json()
    assert changed["secret"] != webhook["secret"]
    plain = await (await api.client.patch(address, json={"layer": "parcels"}, headers=INTERNAL)).json()
    assert "secret" not in plain
    assert plain["layer"] == "parcels"
    assert plain["url"] == receiver.url


async def test_replaced_secret_signs_too_for_a_day(api: RunningApi, receiver: Receiver) -> None:
    webhook = await subscribe(api, receiver.url)
    address = f"/api/webhook/{webhook['id']}"
    changed = await (await api.client.patch(address, json={"new_secret": True}, headers=INTERNAL)).json()
    await publish(api, "us/ca/berkeley")
    assert await deliver(api) == 1
    headers, body = receiver.received[-1]
    for secret in (webhook["secret"], changed["secret"]):
        assert StandardWebhook(secret).verify(body, dict(headers))["type"] == "data.published"
    assert len(headers["webhook-signature"].split(" ")) == 2
    await api.database.execute("UPDATE webhook SET former_secret_until = now() - interval '1 s'")
    await publish(api, "us/ca/berkeley", "county")
    assert await deliver(api) == 1
    headers, body = receiver.received[-1]
    assert StandardWebhook(changed["secret"]).verify(body, dict(headers))
    with pytest.raises(WebhookVerificationError):
        StandardWebhook(webhook["secret"]).verify(body, dict(headers))
    stop = asyncio.Event()
    worker = asyncio.create_task(run_webhooks(api.database, Sender((), site=SITE), stop, every_s=0.01))
    while await api.count("webhook WHERE former_secret IS NOT NULL"):  # noqa: ASYNC110 - in the database
        await asyncio.sleep(0.01)
    stop.set()
    await worker


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
async def test_delivery_without_or_with_another_header_is_not_verified(
    api: RunningApi, receiver: Receiver, header: str
) -> None:
    webhook = await subscribe(api, receiver.url)
    await publish(api, "us/ca/berkeley")
    await deliver(api)
    ((headers, body),) = receiver.received
    other = {"webhook-id": "0", "webhook-timestamp": "1614265330", "webhook-signature": "v1,AAAA"}
    for changed in ({}, {header: other[header]}):
        kept = {name: value for name, value in headers.items() if name != header}
        with pytest.raises(WebhookVerificationError):
            StandardWebhook(webhook["secret"]).verify(body, {**kept, **changed})


async def test_deleted_webhook_is_gone_with_its_deliveries(api: RunningApi, receiver: Receiver) -> None:
    webhook = await subscribe(api, receiver.url)
    await publish(api)
    address = f"/api/webhook/{webhook['id']}"
    assert (await api.client.delete(address, headers=INTERNAL)).status == 200
    assert await api.count("webhook_delivery") == 0
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/ping"), ("GET", "/deliveries")):
        response = await api.client.request(
            method, address + path, headers=INTERNAL, json={} if method != "GET" else None
        )
        assert response.status == 404
