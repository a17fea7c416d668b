-- name: selected
-- The columns of a webhook, for `list` and `one`.
SELECT webhook.id, webhook.url, webhook.events, webhook.source, webhook.layer, webhook.active, webhook.disabled_reason,
       webhook.created_at,
       (SELECT count(*) FROM (
           SELECT 1 FROM webhook_delivery waiting
           WHERE waiting.webhook_id = webhook.id AND waiting.state = 'waiting' LIMIT 10000) counted) AS waiting
FROM webhook

-- name: list
-- A page of webhooks, for GET /api/webhook and the page /webhooks.
{selected}
WHERE %(cursor)s::bigint IS NULL OR webhook.id < %(cursor)s
ORDER BY webhook.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count
-- The number of webhooks, for the same lists.
SELECT count(*) AS total FROM (SELECT 1 FROM webhook LIMIT %(count_limit)s) counted

-- name: one
-- A webhook, for its endpoints and its page.
{selected}
WHERE webhook.id = %(webhook)s

-- name: insert
-- Create a webhook (subscriptions.create_webhook).
INSERT INTO webhook (url, secret, events, source, layer)
VALUES (%(url)s, %(secret)s, %(events)s, %(source)s, %(layer)s) RETURNING id

-- name: lock
-- Whether a webhook is active, locked against changes while a ping is queued (subscriptions.queue_ping).
SELECT active FROM webhook WHERE id = %(webhook)s FOR UPDATE

-- name: update
-- Change the given fields of a webhook; enabling it resets its failures (subscriptions.change_webhook).
UPDATE webhook SET
    url = coalesce(%(url)s, url),
    source = CASE WHEN 'source' = ANY(%(given)s::text[]) THEN %(source)s ELSE source END,
    layer = CASE WHEN 'layer' = ANY(%(given)s::text[]) THEN %(layer)s ELSE layer END,
    former_secret = CASE WHEN %(secret)s::text IS NULL THEN former_secret ELSE secret END,
    former_secret_until = CASE WHEN %(secret)s::text IS NULL THEN former_secret_until
                          ELSE now() + make_interval(secs => %(former_secret_s)s) END,
    secret = coalesce(%(secret)s, secret),
    active = coalesce(%(active)s, active),
    disabled_reason = CASE WHEN coalesce(%(active)s, active) THEN NULL ELSE disabled_reason END,
    failed_deliveries = CASE WHEN coalesce(%(active)s, active) THEN 0 ELSE failed_deliveries END
WHERE id = %(webhook)s

-- name: delete
-- Delete a webhook; its deliveries go with it (subscriptions.delete_webhook).
DELETE FROM webhook WHERE id = %(webhook)s

-- name: queue
-- Queue a delivery (subscriptions.queue_ping); publishing queues its own.
INSERT INTO webhook_delivery (webhook_id, event, body) VALUES (%(webhook)s, %(event)s, %(body)s) RETURNING id

-- name: deliveries
-- A page of the deliveries of a webhook, for its endpoint and its page.
SELECT id, event, state, tries, status, error, created_at, CASE WHEN state = 'waiting' THEN due_at END AS due_at, ended_at,
       body
FROM webhook_delivery
WHERE webhook_id = %(webhook)s AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(cursor)s::bigint IS NULL OR id < %(cursor)s)
ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count_deliveries
-- The number of deliveries of a webhook, for the same lists.
SELECT count(*) AS total FROM (
    SELECT 1 FROM webhook_delivery WHERE webhook_id = %(webhook)s AND (%(state)s::text IS NULL OR state = %(state)s)
    LIMIT %(count_limit)s
) counted

-- name: claim
-- Lease due deliveries to the worker for %(lease_s)s seconds: a few of each webhook, so that a slow one does not delay the others.
UPDATE webhook_delivery SET due_at = now() + make_interval(secs => %(lease_s)s), tries = tries + 1
FROM webhook
CROSS JOIN LATERAL (
    SELECT id FROM webhook_delivery waiting
    WHERE waiting.webhook_id = webhook.id AND waiting.state = 'waiting' AND waiting.due_at <= now()
    ORDER BY waiting.due_at, waiting.id LIMIT %(each)s FOR UPDATE SKIP LOCKED
) due
WHERE webhook.active AND webhook.retry_after <= now() AND webhook_delivery.id = due.id
RETURNING webhook_delivery.id, webhook_delivery.webhook_id AS webhook, webhook_delivery.event, webhook_delivery.body,
          webhook_delivery.tries, webhook.url, webhook.secret,
          CASE WHEN webhook.former_secret_until > now() THEN webhook.former_secret END AS former_secret

-- name: forget_former_secrets
-- Remove former secrets that sign no more deliveries (worker).
UPDATE webhook SET former_secret = NULL, former_secret_until = NULL WHERE former_secret_until < now()

-- name: record_success
-- Record that the receiver accepted a delivery (worker).
UPDATE webhook_delivery SET state = 'delivered', ended_at = now(), status = %(status)s, error = NULL
WHERE id = %(delivery)s AND state = 'waiting'

-- name: reset_failures
-- Forget the failed deliveries of a webhook after one was accepted (worker).
UPDATE webhook SET failed_deliveries = 0 WHERE id = %(webhook)s AND failed_deliveries > 0

-- name: back_off
-- Let all deliveries of a webhook wait after a failed attempt (worker).
UPDATE webhook SET retry_after = now() + make_interval(secs => %(back_off_s)s) WHERE id = %(webhook)s

-- name: retry_delivery
-- Schedule the next attempt of a delivery (worker).
UPDATE webhook_delivery SET due_at = now() + make_interval(secs => %(delay_s)s), status = %(status)s, error = %(error)s
WHERE id = %(delivery)s AND state = 'waiting'

-- name: fail_delivery
-- End a delivery after its last attempt (worker).
UPDATE webhook_delivery SET state = 'failed', ended_at = now(), status = %(status)s, error = %(error)s
WHERE id = %(delivery)s AND state = 'waiting'

-- name: record_failed_delivery
-- Count a failed delivery of a webhook, disable the webhook at the limit, and return whether that was now (worker).
UPDATE webhook SET
    failed_deliveries = failed_deliveries + 1, active = active AND failed_deliveries + 1 < %(most)s,
    disabled_reason = CASE WHEN active AND failed_deliveries + 1 >= %(most)s THEN %(reason)s ELSE disabled_reason END
WHERE id = %(webhook)s
RETURNING disabled_reason IS NOT DISTINCT FROM %(reason)s AS is_disabled

-- name: fail_waiting
-- End the waiting deliveries of a webhook that was disabled (worker).
UPDATE webhook_delivery SET state = 'failed', ended_at = now(), error = %(error)s
WHERE webhook_id = %(webhook)s AND state = 'waiting'

-- name: delete_old_deliveries
-- Delete deliveries that ended more than 30 days ago (worker).
DELETE FROM webhook_delivery WHERE id IN (
    SELECT id FROM webhook_delivery WHERE ended_at < now() - interval '30 days' ORDER BY ended_at LIMIT 5000
)
