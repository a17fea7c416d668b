"""The routes of webhooks."""

from oa_api.http.routing import delete, form, get, page, patch, post
from oa_api.webhooks import api, pages
from oa_api.webhooks.schemas import (
    DeliveryFilterSchema,
    NewWebhookSchema,
    QueuedSchema,
    WebhookChangeSchema,
    WebhookDeliveryListSchema,
    WebhookFilterSchema,
    WebhookListSchema,
    WebhookSchema,
)

API = (
    get(
        "/api/webhook",
        api.list_webhooks,
        "List webhooks",
        answer=WebhookListSchema,
        tag="webhooks",
        description="Newest first. The `Link` header leads to the next page.",
        query=WebhookFilterSchema,
    ),
    post(
        "/api/webhook",
        api.post_webhook,
        "Make a webhook",
        answer=WebhookSchema,
        tag="webhooks",
        description="The answer shows the secret that signs the deliveries, once; a `ping` is sent at once.",
        body=NewWebhookSchema,
    ),
    get("/api/webhook/{webhook}", api.get_webhook, "A webhook", answer=WebhookSchema, tag="webhooks"),
    patch(
        "/api/webhook/{webhook}",
        api.patch_webhook,
        "Change a webhook",
        answer=WebhookSchema,
        tag="webhooks",
        description="What is left out stays as it is.",
        body=WebhookChangeSchema,
    ),
    delete(
        "/api/webhook/{webhook}",
        api.delete_webhook,
        "Remove a webhook",
        answer=WebhookSchema,
        tag="webhooks",
        description="With all that it would have been told; the answer is what it was.",
    ),
    post(
        "/api/webhook/{webhook}/ping",
        api.post_ping,
        "Try a webhook",
        answer=QueuedSchema,
        tag="webhooks",
        description="Sends `ping`, signed as everything is.",
        refusals=(409,),
    ),
    get(
        "/api/webhook/{webhook}/deliveries",
        api.list_deliveries,
        "What a webhook is told",
        answer=WebhookDeliveryListSchema,
        tag="webhooks",
        description="Newest first, with the status or the error of the last try.",
        query=DeliveryFilterSchema,
    ),
)
PAGES = (
    page(
        "/webhooks",
        pages.list_webhooks,
        "Webhooks",
    ),
    form(
        "/webhooks",
        pages.make_webhook,
        "Make a webhook",
    ),
    page(
        "/webhooks/{webhook}",
        pages.show_webhook,
        "A webhook",
    ),
    form(
        "/webhooks/{webhook}/ping",
        pages.ping,
        "Try it",
    ),
    form(
        "/webhooks/{webhook}/secret",
        pages.change_secret,
        "A new secret",
    ),
    form(
        "/webhooks/{webhook}/state",
        pages.change_state,
        "Switch it on or off",
    ),
    form(
        "/webhooks/{webhook}/remove",
        pages.remove,
        "Remove it",
    ),
)
ROUTES = (*API, *PAGES)
