-- name: selected
SELECT webhook.id, webhook.url, webhook.events, webhook.source, webhook.layer, webhook.active, webhook.disabled_reason,
       webhook.created_at,
       (SELECT count(*) FROM (
           SELECT 1 FROM webhook_delivery waiting
           WHERE waiting.webhook_id = webhook.id AND waiting.state = 'waiting' LIMIT 10000) counted) AS waiting
FROM webhook

-- name: list
{selected}
WHERE %(cursor)s::bigint IS NULL OR webhook.id < %(cursor)s
ORDER BY webhook.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count
SELECT count(*) AS total FROM (SELECT 1 FROM webhook LIMIT %(count_limit)s) counted

-- name: one
{selected}
WHERE webhook.id = %(webhook)s

-- name: insert
INSERT INTO webhook (url, secret, events, source, layer)
VALUES (%(url)s, %(secret)s, %(events)s, %(source)s, %(layer)s) RETURNING id

-- name: lock
SELECT id, url, source, layer, active FROM webhook WHERE id = %(webhook)s FOR UPDATE

-- name: update
UPDATE webhook SET
    url = %(url)s, source = %(source)s, layer = %(layer)s, secret = coalesce(%(secret)s, secret), active = %(active)s,
    disabled_reason = CASE WHEN %(active)s THEN NULL ELSE disabled_reason END,
    failed_deliveries = CASE WHEN %(active)s THEN 0 ELSE failed_deliveries END
WHERE id = %(webhook)s

-- name: delete
DELETE FROM webhook WHERE id = %(webhook)s

-- name: queue
INSERT INTO webhook_delivery (webhook_id, event, body) VALUES (%(webhook)s, %(event)s, %(body)s) RETURNING id

-- name: deliveries
SELECT id, event, state, tries, status, error, created_at, CASE WHEN state = 'waiting' THEN due_at END AS due_at, ended_at,
       body
FROM webhook_delivery
WHERE webhook_id = %(webhook)s AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(cursor)s::bigint IS NULL OR id < %(cursor)s)
ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count_deliveries
SELECT count(*) AS total FROM (
    SELECT 1 FROM webhook_delivery WHERE webhook_id = %(webhook)s AND (%(state)s::text IS NULL OR state = %(state)s)
    LIMIT %(count_limit)s
) counted

-- name: claim
-- A few of each webhook, so that one that is slow does not keep the others waiting. Whoever claims has %(lease_s)s seconds.
UPDATE webhook_delivery SET due_at = now() + make_interval(secs => %(lease_s)s), tries = tries + 1
FROM webhook
CROSS JOIN LATERAL (
    SELECT id FROM webhook_delivery waiting
    WHERE waiting.webhook_id = webhook.id AND waiting.state = 'waiting' AND waiting.due_at <= now()
    ORDER BY waiting.due_at, waiting.id LIMIT %(each)s FOR UPDATE SKIP LOCKED
) due
WHERE webhook.active AND webhook.retry_after <= now() AND webhook_delivery.id = due.id
RETURNING webhook_delivery.id, webhook_delivery.webhook_id AS webhook, webhook_delivery.event, webhook_delivery.body,
          webhook_delivery.tries, webhook.url, webhook.secret

-- name: delivered
UPDATE webhook_delivery SET state = 'delivered', ended_at = now(), status = %(status)s, error = NULL
WHERE id = %(delivery)s AND state = 'waiting'

-- name: reset_failures
UPDATE webhook SET failed_deliveries = 0 WHERE id = %(webhook)s AND failed_deliveries > 0

-- name: back_off
UPDATE webhook SET retry_after = now() + make_interval(secs => %(back_off_s)s) WHERE id = %(webhook)s

-- name: retry_delivery
UPDATE webhook_delivery SET due_at = now() + make_interval(secs => %(delay_s)s), status = %(status)s, error = %(error)s
WHERE id = %(delivery)s AND state = 'waiting'

-- name: fail_delivery
UPDATE webhook_delivery SET state = 'failed', ended_at = now(), status = %(status)s, error = %(error)s
WHERE id = %(delivery)s AND state = 'waiting'

-- name: record_failed_delivery
UPDATE webhook SET
    failed_deliveries = failed_deliveries + 1, active = active AND failed_deliveries + 1 < %(most)s,
    disabled_reason = CASE WHEN active AND failed_deliveries + 1 >= %(most)s THEN %(because)s ELSE disabled_reason END
WHERE id = %(webhook)s
RETURNING disabled_reason IS NOT DISTINCT FROM %(because)s AS is_disabled

-- name: fail_waiting
UPDATE webhook_delivery SET state = 'failed', ended_at = now(), error = %(error)s
WHERE webhook_id = %(webhook)s AND state = 'waiting'

-- name: delete_old_deliveries
DELETE FROM webhook_delivery WHERE id IN (
    SELECT id FROM webhook_delivery WHERE ended_at < now() - interval '30 days' ORDER BY ended_at LIMIT 5000
)
