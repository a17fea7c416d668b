-- name: has_more_rights
-- Whether a user has rights that no grant below takes away. Called before its role is updated.
SELECT EXISTS (
    SELECT FROM pg_roles role
    WHERE role.rolname = %(user)s
    AND (
        role.rolsuper OR role.rolcreaterole OR role.rolcreatedb OR role.rolreplication OR role.rolbypassrls
        OR EXISTS (SELECT FROM pg_class WHERE relowner = role.oid)
        OR EXISTS (SELECT FROM pg_namespace WHERE nspowner = role.oid)
        OR EXISTS (SELECT FROM pg_database WHERE datdba = role.oid)
        OR EXISTS (SELECT FROM pg_auth_members WHERE member = role.oid)
    )
) AS has_more_rights

-- name: name_role
-- Passes two values to update_role: a block has no parameters. They end with the transaction.
SELECT set_config('oa.service_user', %(user)s, true), set_config('oa.service_verifier', %(verifier)s, true)

-- name: update_role
-- Called after the migrations, in their transaction: old code keeps its rights, new tables get theirs. Triggers run with
-- the rights of the role, so it needs those on the tables that they write. Only the owner may create anything.
DO $$
DECLARE
    service text := current_setting('oa.service_user');
    verifier text := current_setting('oa.service_verifier');
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service) THEN
        EXECUTE format('CREATE ROLE %I', service);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', service, verifier);
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), service);
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', service);
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I', service);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I', service);
    EXECUTE format('REVOKE UPDATE, DELETE ON audit FROM %I', service);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON migration FROM %I', service);
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM %I', service);
    EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO %I', service);
END $$
