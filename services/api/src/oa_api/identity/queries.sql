-- Reads and writes of accounts, tokens, sessions and sign-ins. Times of life are constants here: nowhere else.

-- name: principal_of_token
WITH found AS (
    SELECT api_token.id AS credential, api_token.role AS scope, api_token.expires_at, api_token.last_used_at,
           account.id AS account, account.login, account.role
    FROM api_token JOIN account ON account.id = api_token.account_id
    WHERE api_token.digest = %(digest)s AND api_token.expires_at > now() AND account.disabled_at IS NULL
), used AS (
    UPDATE api_token SET last_used_at = now()
    WHERE id = (SELECT credential FROM found
                WHERE last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
)
SELECT credential, scope, expires_at, account, login, role FROM found

-- name: principal_of_session
WITH found AS (
    SELECT session.id AS credential, session.seen_at, account.id AS account, account.login, account.role
    FROM session JOIN account ON account.id = session.account_id
    WHERE session.digest = %(digest)s AND account.disabled_at IS NULL
      AND session.seen_at > now() - interval '14 days' AND session.created_at > now() - interval '60 days'
), seen AS (
    UPDATE session SET seen_at = now()
    WHERE id = (SELECT credential FROM found WHERE seen_at < now() - interval '1 minute')
)
SELECT credential, account, login, role FROM found

-- name: account_selected
SELECT id, login, email, github_id, by_membership, role, created_at, signed_in_at, disabled_at FROM account

-- name: accounts
{account_selected}
WHERE (%(cursor)s::bigint IS NULL OR id > %(cursor)s)
ORDER BY id LIMIT %(limit)s

-- name: account
{account_selected} WHERE id = %(account)s

-- name: lock_account
{account_selected} WHERE id = %(account)s FOR UPDATE

-- name: account_by_login
{account_selected} WHERE lower(login) = lower(%(login)s)

-- name: account_by_email
{account_selected} WHERE lower(email) = lower(%(email)s) AND disabled_at IS NULL

-- name: account_by_github_id
{account_selected} WHERE github_id = %(github_id)s

-- name: insert_account
INSERT INTO account (login, email, github_id, role, by_membership)
VALUES (%(login)s, %(email)s, %(github_id)s, %(role)s, %(by_membership)s)
ON CONFLICT DO NOTHING RETURNING id

-- name: conflicting_accounts
SELECT lower(login) = lower(%(login)s) AS login, lower(email) = lower(%(email)s) AS email,
       github_id = %(github_id)s AS github_id
FROM account
WHERE id IS DISTINCT FROM %(account)s
  AND (lower(login) = lower(%(login)s) OR lower(email) = lower(%(email)s) OR github_id = %(github_id)s)

-- name: update_account
UPDATE account SET email = %(email)s, github_id = %(github_id)s, role = %(role)s,
       disabled_at = CASE WHEN %(disabled)s THEN coalesce(disabled_at, now()) END
WHERE id = %(account)s

-- name: lock_admins
SELECT id FROM account WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE

-- name: delete_tokens_of_account
DELETE FROM api_token WHERE account_id = %(account)s

-- name: delete_sessions_of_account
DELETE FROM session WHERE account_id = %(account)s

-- name: delete_links_of_account
DELETE FROM sign_in_link WHERE account_id = %(account)s

-- name: token_selected
SELECT api_token.id, api_token.account_id AS account, account.login, api_token.name, api_token.role,
       api_token.created_at, api_token.expires_at, api_token.last_used_at
FROM api_token JOIN account ON account.id = api_token.account_id

-- name: tokens
{token_selected}
WHERE (%(account)s::bigint IS NULL OR api_token.account_id = %(account)s)
  AND (%(cursor)s::bigint IS NULL OR api_token.id < %(cursor)s)
ORDER BY api_token.id DESC LIMIT %(limit)s

-- name: token
{token_selected} WHERE api_token.id = %(token)s

-- name: count_tokens
SELECT count(*) AS tokens FROM (SELECT 1 FROM api_token WHERE account_id = %(account)s LIMIT %(limit)s) counted

-- name: insert_token
INSERT INTO api_token (account_id, digest, name, role, parent_id, expires_at)
VALUES (%(account)s, %(digest)s, %(name)s, %(role)s, %(parent)s,
        least(now() + %(days)s * interval '1 day', %(not_after)s))
RETURNING id

-- name: lock_token
SELECT expires_at FROM api_token WHERE id = %(token)s FOR KEY SHARE

-- name: delete_token
DELETE FROM api_token WHERE id = %(token)s

-- name: sessions
SELECT id, client, created_at, seen_at FROM session
WHERE account_id = %(account)s
  AND seen_at > now() - interval '14 days' AND created_at > now() - interval '60 days'
ORDER BY seen_at DESC, id DESC LIMIT 50

-- name: insert_session
INSERT INTO session (account_id, digest, client) VALUES (%(account)s, %(digest)s, %(client)s)

-- name: record_sign_in
UPDATE account SET signed_in_at = now() WHERE id = %(account)s

-- name: delete_session_by_digest
DELETE FROM session WHERE digest = %(digest)s

-- name: delete_session
DELETE FROM session WHERE id = %(session)s AND account_id = %(account)s

-- name: insert_sign_in_request
INSERT INTO sign_in_request (email, visit, next)
SELECT %(email)s, %(visit)s, %(next)s
WHERE (SELECT count(*) FROM sign_in_request
       WHERE email = %(email)s AND created_at > now() - interval '15 minutes') < 3
  AND (SELECT count(*) FROM (SELECT 1 FROM sign_in_request WHERE created_at > now() - interval '15 minutes'
                             LIMIT 5000) recent) < 5000

-- name: claim_sign_in_request
UPDATE sign_in_request SET handled_at = now()
WHERE id = (SELECT id FROM sign_in_request WHERE handled_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING email, visit, next

-- name: insert_link
INSERT INTO sign_in_link (digest, account_id, visit, next, expires_at)
VALUES (%(digest)s, %(account)s, %(visit)s, %(next)s, now() + interval '15 minutes')

-- name: link
SELECT account.login, sign_in_link.visit
FROM sign_in_link JOIN account ON account.id = sign_in_link.account_id
WHERE sign_in_link.digest = %(digest)s AND sign_in_link.expires_at > now() AND account.disabled_at IS NULL

-- name: use_link
DELETE FROM sign_in_link USING account
WHERE sign_in_link.digest = %(digest)s AND account.id = sign_in_link.account_id
  AND sign_in_link.expires_at > now() AND account.disabled_at IS NULL
RETURNING account.id, account.login, account.role, sign_in_link.next

-- name: insert_state
INSERT INTO sign_in_state (digest, visit, verifier, next, expires_at)
SELECT %(digest)s, %(visit)s, %(verifier)s, %(next)s, now() + interval '10 minutes'
WHERE (SELECT count(*) FROM (SELECT 1 FROM sign_in_state WHERE expires_at > now() LIMIT 10000) waiting) < 10000

-- name: use_state
DELETE FROM sign_in_state WHERE digest = %(digest)s AND visit = %(visit)s AND expires_at > now()
RETURNING verifier, next

-- name: delete_old_requests
DELETE FROM sign_in_request WHERE created_at < now() - interval '1 hour'

-- name: delete_expired_links
DELETE FROM sign_in_link WHERE expires_at < now()

-- name: delete_expired_states
DELETE FROM sign_in_state WHERE expires_at < now()

-- name: delete_expired_tokens
DELETE FROM api_token WHERE expires_at < now() - interval '30 days'

-- name: delete_expired_sessions
DELETE FROM session WHERE seen_at < now() - interval '14 days' OR created_at < now() - interval '60 days'

-- name: entries
SELECT id, created_at, kind, account_id AS account, actor, role, action, subject, reason, detail FROM audit
WHERE (%(actor)s::text IS NULL OR actor = %(actor)s)
  AND (%(action)s::text IS NULL OR action = %(action)s)
  AND (%(subject)s::text IS NULL OR subject = %(subject)s)
  AND (%(cursor)s::bigint IS NULL OR id < %(cursor)s)
ORDER BY id DESC LIMIT %(limit)s
