-- The audit log is append-only: a statement that changes or deletes entries fails, whichever program sends it. The owner
-- of the table can still drop the trigger; backups have the entries of before.
-- old-code-ok: no version changes, deletes or truncates entries
CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit();
