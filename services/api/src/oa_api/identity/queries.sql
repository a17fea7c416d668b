-- Accounts, tokens, sessions and sign-ins. Validity periods are constants of these statements, and nowhere else.

-- name: principal_of_token
-- The account of a valid token; `scope` is the token's role. For authenticate.
WITH valid AS (
    SELECT api_token.id AS credential, api_token.role AS scope, api_token.expires_at, api_token.last_used_at,
           account.id AS account, account.login, account.role
    FROM api_token JOIN account ON account.id = api_token.account_id
    WHERE api_token.digest = %(digest)s AND api_token.expires_at > now() AND account.disabled_at IS NULL
), used AS (
    UPDATE api_token SET last_used_at = now()
    WHERE id = (SELECT credential FROM valid
                WHERE last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
)
SELECT credential, scope, expires_at, account, login, role FROM valid

-- name: expiry_of_token
SELECT expires_at FROM api_token WHERE digest = %(digest)s AND expires_at <= now()

-- name: principal_of_session
-- The account of a valid session. For authenticate.
WITH valid AS (
    SELECT session.id AS credential, session.seen_at, account.id AS account, account.login, account.role
    FROM session JOIN account ON account.id = session.account_id
    WHERE session.digest = %(digest)s AND account.disabled_at IS NULL
      AND session.seen_at > now() - interval '14 days' AND session.created_at > now() - interval '60 days'
), seen AS (
    UPDATE session SET seen_at = now()
    WHERE id = (SELECT credential FROM valid WHERE seen_at < now() - interval '1 minute')
)
SELECT credential, account, login, role FROM valid

-- name: account_columns
-- The columns of AccountRow.
SELECT id, login, email, github_id, by_membership, role, created_at, signed_in_at, disabled_at FROM account

-- name: accounts
-- A page of accounts, oldest first. For list_accounts.
{account_columns}
WHERE (%(cursor)s::bigint IS NULL OR id > %(cursor)s)
ORDER BY id LIMIT %(limit)s

-- name: account
-- For get_account.
{account_columns} WHERE id = %(account)s

-- name: lock_account
-- An account, locked until the end of the transaction. For change_account and create_token.
{account_columns} WHERE id = %(account)s FOR UPDATE

-- name: account_by_login
-- For find_account_by_login.
{account_columns} WHERE lower(login) = lower(%(login)s)

-- name: account_by_email
-- An account that may sign in with an email address. For send_next_link.
{account_columns} WHERE lower(email) = lower(%(email)s) AND disabled_at IS NULL

-- name: account_by_github_id
-- For the sign-in through GitHub.
{account_columns} WHERE github_id = %(github_id)s

-- name: insert_account
-- Returns nothing if another account conflicts. For create_account.
INSERT INTO account (login, email, github_id, role, by_membership)
VALUES (%(login)s, %(email)s, %(github_id)s, %(role)s, %(by_membership)s)
ON CONFLICT DO NOTHING RETURNING id

-- name: conflicting_accounts
-- Other accounts with the same login, email address or GitHub user ID; true in a column means the same value.
SELECT lower(login) = lower(%(login)s) AS login, lower(email) = lower(%(email)s) AS email,
       github_id = %(github_id)s AS github_id
FROM account
WHERE id IS DISTINCT FROM %(account)s
  AND (lower(login) = lower(%(login)s) OR lower(email) = lower(%(email)s) OR github_id = %(github_id)s)

-- name: update_account
-- For change_account.
UPDATE account SET email = %(email)s, github_id = %(github_id)s, role = %(role)s,
       disabled_at = CASE WHEN %(disabled)s THEN coalesce(disabled_at, now()) END
WHERE id = %(account)s

-- name: lock_admins
-- The admins, locked, so that the last one stays. For change_account.
SELECT id FROM account WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE

-- name: delete_tokens_of_account
-- For revoke_credentials.
DELETE FROM api_token WHERE account_id = %(account)s

-- name: delete_sessions_of_account
-- For revoke_credentials and end_all_sessions.
DELETE FROM session WHERE account_id = %(account)s

-- name: delete_links_of_account
-- For revoke_credentials.
DELETE FROM sign_in_link WHERE account_id = %(account)s

-- name: token_columns
-- The columns of TokenRow.
SELECT api_token.id, api_token.account_id AS account, account.login, api_token.name, api_token.role,
       api_token.created_at, api_token.expires_at, api_token.last_used_at
FROM api_token JOIN account ON account.id = api_token.account_id

-- name: tokens
-- A page of tokens, newest first. For list_tokens.
{token_columns}
WHERE (%(account)s::bigint IS NULL OR api_token.account_id = %(account)s)
  AND (%(cursor)s::bigint IS NULL OR api_token.id < %(cursor)s)
ORDER BY api_token.id DESC LIMIT %(limit)s

-- name: token
-- For create_token and revoke_token.
{token_columns} WHERE api_token.id = %(token)s

-- name: count_tokens
-- The tokens of an account, counted up to a limit. For create_token.
SELECT count(*) AS tokens FROM (SELECT 1 FROM api_token WHERE account_id = %(account)s LIMIT %(limit)s) counted

-- name: insert_token
-- For create_token.
INSERT INTO api_token (account_id, digest, name, role, parent_id, expires_at)
VALUES (%(account)s, %(digest)s, %(name)s, %(role)s, %(parent)s,
        least(now() + %(days)s * interval '1 day', %(not_after)s))
RETURNING id

-- name: lock_token
-- The expiry time of a token, which cannot be revoked before the end of the transaction. For create_token.
SELECT expires_at FROM api_token WHERE id = %(token)s FOR KEY SHARE

-- name: delete_token
-- Also deletes the tokens created with it. For revoke_token.
DELETE FROM api_token WHERE id = %(token)s

-- name: sessions
-- The valid sessions of an account, most recently seen first. For list_sessions.
SELECT id, client, created_at, seen_at FROM session
WHERE account_id = %(account)s
  AND seen_at > now() - interval '14 days' AND created_at > now() - interval '60 days'
ORDER BY seen_at DESC, id DESC LIMIT 50

-- name: insert_session
-- For open_session.
INSERT INTO session (account_id, digest, client) VALUES (%(account)s, %(digest)s, %(client)s)

-- name: record_sign_in
-- For open_session.
UPDATE account SET signed_in_at = now() WHERE id = %(account)s

-- name: delete_session_by_digest
-- For open_session and close_session.
DELETE FROM session WHERE digest = %(digest)s

-- name: delete_session
-- For end_session.
DELETE FROM session WHERE id = %(session)s AND account_id = %(account)s

-- name: insert_sign_in_request
-- Inserts nothing beyond three requests for an address within 15 minutes; for addresses without an account, which get
-- no mail, nothing beyond 5,000 in all, so that they cannot keep accounts from signing in. For request_link.
INSERT INTO sign_in_request (email, anonymous_session, next)
SELECT %(email)s, %(anonymous_session)s, %(next)s
WHERE (SELECT count(*) FROM sign_in_request
       WHERE email = %(email)s AND created_at > now() - interval '15 minutes') < 3
  AND (EXISTS (SELECT FROM account WHERE lower(account.email) = %(email)s)
       OR (SELECT count(*) FROM (SELECT 1 FROM sign_in_request WHERE created_at > now() - interval '15 minutes'
                                 LIMIT 5000) recent) < 5000)

-- name: claim_sign_in_request
-- The oldest pending request, which no other process handles. For send_next_link.
UPDATE sign_in_request SET handled_at = now()
WHERE id = (SELECT id FROM sign_in_request WHERE handled_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING email, anonymous_session, next

-- name: insert_link
-- For create_link.
INSERT INTO sign_in_link (digest, account_id, anonymous_session, next, expires_at)
VALUES (%(digest)s, %(account)s, %(anonymous_session)s, %(next)s, now() + interval '15 minutes')

-- name: link
-- A valid link, without using it. For open_link.
SELECT account.login, sign_in_link.anonymous_session
FROM sign_in_link JOIN account ON account.id = sign_in_link.account_id
WHERE sign_in_link.digest = %(digest)s AND sign_in_link.expires_at > now() AND account.disabled_at IS NULL

-- name: use_link
-- The account of a valid link, which is valid no longer. For use_link.
DELETE FROM sign_in_link USING account
WHERE sign_in_link.digest = %(digest)s AND account.id = sign_in_link.account_id
  AND sign_in_link.expires_at > now() AND account.disabled_at IS NULL
RETURNING account.id, account.login, account.role, sign_in_link.next

-- name: insert_state
-- Inserts nothing if 10,000 sign-ins are in progress. For start_sign_in.
INSERT INTO sign_in_state (digest, anonymous_session, verifier, next, expires_at)
SELECT %(digest)s, %(anonymous_session)s, %(verifier)s, %(next)s, now() + interval '10 minutes'
WHERE (SELECT count(*) FROM (SELECT 1 FROM sign_in_state WHERE expires_at > now() LIMIT 10000) pending) < 10000

-- name: use_state
-- A sign-in that the same browser started, which is then over. For use_state.
DELETE FROM sign_in_state
WHERE digest = %(digest)s AND anonymous_session = %(anonymous_session)s AND expires_at > now()
RETURNING verifier, next

-- name: delete_old_requests
-- This and the statements below are for delete_expired. Requests are kept for an hour, for their limit.
DELETE FROM sign_in_request WHERE created_at < now() - interval '1 hour'

-- name: delete_expired_links
-- For delete_expired.
DELETE FROM sign_in_link WHERE expires_at < now()

-- name: delete_expired_states
-- For delete_expired.
DELETE FROM sign_in_state WHERE expires_at < now()

-- name: delete_expired_tokens
-- For delete_expired. Owners see expired tokens for 30 days.
DELETE FROM api_token WHERE expires_at < now() - interval '30 days'

-- name: delete_expired_sessions
-- For delete_expired.
DELETE FROM session WHERE seen_at < now() - interval '14 days' OR created_at < now() - interval '60 days'
