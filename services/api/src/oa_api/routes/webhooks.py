"""The endpoints of webhooks."""

from oa_api.handlers import webhooks
from oa_api.pages import webhooks as pages
from oa_api.routes.route import HTML, PAGE, Route
from oa_api.schemas import webhooks as shapes

WEBHOOKS = (
    Route(
        *("GET", "/api/webhook", webhooks.list_webhooks, "List webhooks", shapes.WebhookList, "webhooks"),
        description="Newest first. The `Link` header leads to the next page.",
        query=shapes.WebhookFilter,
    ),
    Route(
        *("POST", "/api/webhook", webhooks.post_webhook, "Make a webhook", shapes.Webhook, "webhooks"),
        description="The answer shows the secret that signs the deliveries, once; a `ping` is sent at once.",
        body=shapes.NewWebhook,
    ),
    Route("GET", "/api/webhook/{webhook}", webhooks.get_webhook, "A webhook", shapes.Webhook, "webhooks"),
    Route(
        *("PATCH", "/api/webhook/{webhook}", webhooks.patch_webhook, "Change a webhook", shapes.Webhook, "webhooks"),
        description="What is left out stays as it is.",
        body=shapes.WebhookChange,
    ),
    Route(
        *("DELETE", "/api/webhook/{webhook}", webhooks.delete_webhook, "Remove a webhook", shapes.Webhook, "webhooks"),
        description="With all that it would have been told; the answer is what it was.",
    ),
    Route(
        *("POST", "/api/webhook/{webhook}/ping", webhooks.post_ping, "Try a webhook", shapes.Queued, "webhooks"),
        description="Sends `ping`, signed as everything is.",
        refusals=(409,),
    ),
    Route(
        *("GET", "/api/webhook/{webhook}/deliveries", webhooks.list_deliveries, "What a webhook is told"),
        *(shapes.WebhookDeliveryList, "webhooks"),
        description="Newest first, with the status or the error of the last try.",
        query=shapes.DeliveryFilter,
    ),
)
PAGES_OF_WEBHOOKS = (
    Route("GET", "/webhooks", pages.list_webhooks, "Webhooks", (HTML,), PAGE),
    Route("POST", "/webhooks", pages.make_webhook, "Make a webhook", (HTML,), PAGE),
    Route("GET", "/webhooks/{webhook}", pages.show_webhook, "A webhook", (HTML,), PAGE),
    Route("POST", "/webhooks/{webhook}/ping", pages.ping, "Try it", (HTML,), PAGE),
    Route("POST", "/webhooks/{webhook}/secret", pages.change_secret, "A new secret", (HTML,), PAGE),
    Route("POST", "/webhooks/{webhook}/state", pages.change_state, "Switch it on or off", (HTML,), PAGE),
    Route("POST", "/webhooks/{webhook}/remove", pages.remove, "Remove it", (HTML,), PAGE),
)
