-- Failures that an operator knows of: the cause of a source is muted until a day, in UTC. Another cause shows at once.
CREATE TABLE acknowledgement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_name text NOT NULL,
    error_code text NOT NULL,
    note text NOT NULL,
    owner text NOT NULL,
    issue_url text,
    until date NOT NULL,
    actor text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    ended_by text
);
CREATE UNIQUE INDEX acknowledgement_of_cause ON acknowledgement (source_name, error_code) WHERE ended_at IS NULL;
