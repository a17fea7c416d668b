-- After a try that failed a webhook rests for a while, so that one that does not answer does not keep the others waiting.
ALTER TABLE webhook ADD rests_until timestamptz NOT NULL DEFAULT now();
