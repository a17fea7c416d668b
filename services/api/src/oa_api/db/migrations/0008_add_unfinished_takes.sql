-- How often a process took an item and neither finished it nor reported an error: it died. A row is deleted when the
-- process lets go of the item; `kind` is what the item is, `key` which one.
CREATE TABLE unfinished_take (
    kind text NOT NULL,
    key text NOT NULL,
    takes integer NOT NULL DEFAULT 1,
    taken_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, key)
);
