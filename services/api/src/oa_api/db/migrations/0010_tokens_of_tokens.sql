-- What was made with a token ends with it: whoever found one must not keep what they made of it.
ALTER TABLE api_token ADD COLUMN parent_id bigint REFERENCES api_token ON DELETE CASCADE;
CREATE INDEX api_token_by_parent ON api_token (parent_id);
