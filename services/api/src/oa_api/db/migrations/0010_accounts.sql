-- People, and what they sign in with. Of every secret only the SHA-256 is kept.
CREATE TABLE account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login text NOT NULL,
    email text,
    github_id bigint UNIQUE,
    -- Made by signing in as a member of an organisation, which is looked at again at each sign-in.
    by_membership boolean NOT NULL DEFAULT false,
    role text NOT NULL CHECK (role IN ('viewer', 'author', 'moderator', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now(),
    signed_in_at timestamptz,
    disabled_at timestamptz
);
CREATE UNIQUE INDEX account_by_login ON account (lower(login));
CREATE UNIQUE INDEX account_by_email ON account (lower(email));

CREATE TABLE api_token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    digest bytea NOT NULL UNIQUE,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'author', 'moderator', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX api_token_by_account ON api_token (account_id, id);

CREATE TABLE session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    digest bytea NOT NULL UNIQUE,
    client text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX session_by_account ON session (account_id, id);
CREATE INDEX session_by_seen ON session (seen_at);

-- Who asked for a link by mail, known here or not: the answer is written before anybody looks.
CREATE TABLE sign_in_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    visit bytea NOT NULL,
    next text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    handled_at timestamptz
);
CREATE INDEX sign_in_request_by_email ON sign_in_request (email, created_at);
CREATE INDEX sign_in_request_by_created ON sign_in_request (created_at);
CREATE INDEX sign_in_request_unhandled ON sign_in_request (id) WHERE handled_at IS NULL;

-- Links that sign in, once; `visit` is the digest of the browser's cookie that asked, where one did.
CREATE TABLE sign_in_link (
    digest bytea PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    visit bytea,
    next text NOT NULL DEFAULT '',
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_link_by_expires ON sign_in_link (expires_at);
CREATE INDEX sign_in_link_by_account ON sign_in_link (account_id);

-- Sign-ins that are under way at GitHub: the state that comes back, whose browser it belongs to, the verifier of PKCE.
CREATE TABLE sign_in_state (
    digest bytea PRIMARY KEY,
    visit bytea NOT NULL,
    verifier text NOT NULL,
    next text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_state_by_expires ON sign_in_state (expires_at);
