-- What the queues can no longer bring back is forgotten in order of age.
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX inbox_received ON inbox (received_at);
