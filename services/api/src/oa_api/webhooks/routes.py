"""The routes of webhooks."""

from oa_api.http.routing import delete, form, get, page, patch, post
from oa_api.webhooks import api, pages
from oa_api.webhooks.schemas import (
    DeliveryFilterSchema,
    NewWebhookSchema,
    QueuedPingSchema,
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
        response=WebhookListSchema,
        tag="webhooks",
        description="Newest first. The `Link` header has the URL of the next page.",
        query=WebhookFilterSchema,
    ),
    post(
        "/api/webhook",
        api.post_webhook,
        "Create a webhook",
        operation_id="createWebhook",
        response=WebhookSchema,
        tag="webhooks",
        description="The response shows the signing secret, once; a `ping` is sent immediately.",
        body=NewWebhookSchema,
    ),
    get(
        "/api/webhook/{webhook}",
        api.get_webhook,
        "Get a webhook",
        description="Without its secret, which only the responses that create or replace it show.",
        response=WebhookSchema,
        tag="webhooks",
    ),
    patch(
        "/api/webhook/{webhook}",
        api.patch_webhook,
        "Change a webhook",
        operation_id="updateWebhook",
        response=WebhookSchema,
        tag="webhooks",
        description="Omitted fields stay unchanged.",
        body=WebhookChangeSchema,
    ),
    delete(
        "/api/webhook/{webhook}",
        api.delete_webhook,
        "Delete a webhook",
        response=WebhookSchema,
        tag="webhooks",
        description="Deletes the deliveries too. The response is the deleted webhook.",
    ),
    post(
        "/api/webhook/{webhook}/ping",
        api.post_ping,
        "Send a test delivery",
        operation_id="pingWebhook",
        response=QueuedPingSchema,
        tag="webhooks",
        description="Queues a `ping`, signed like every delivery.",
        refusals=(409,),
    ),
    get(
        "/api/webhook/{webhook}/deliveries",
        api.list_deliveries,
        "List the deliveries of a webhook",
        operation_id="listDeliveries",
        response=WebhookDeliveryListSchema,
        tag="webhooks",
        description="Newest first, with the status or the error of the last attempt.",
        query=DeliveryFilterSchema,
    ),
)
PAGES = (
    page("/webhooks", pages.list_webhooks, "Webhooks"),
    form("/webhooks", pages.create_webhook, "Create webhook"),
    page("/webhooks/{webhook}", pages.show_webhook, "Webhook"),
    form("/webhooks/{webhook}/ping", pages.ping, "Send a ping"),
    form("/webhooks/{webhook}/secret", pages.change_secret, "Replace the secret"),
    form("/webhooks/{webhook}/state", pages.change_state, "Enable or disable"),
    form("/webhooks/{webhook}/remove", pages.delete_webhook, "Delete webhook"),
)
ROUTES = (*API, *PAGES)
