"""What the database itself holds of the catalogue: a version that is not a draft never changes."""

from __future__ import annotations

GUARDS: tuple[str, ...] = (
    """
    CREATE OR REPLACE FUNCTION andecha_version_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.state = 'draft' THEN
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END IF;
        IF TG_OP = 'UPDATE' AND NEW.state <> 'draft'
            AND (to_jsonb(NEW) - 'state' - 'retired_at')
                = (to_jsonb(OLD) - 'state' - 'retired_at') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a published version never changes: % on %', TG_OP, TG_TABLE_NAME;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION andecha_version_files_stand() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        touched procedure_file := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    BEGIN
        IF EXISTS (SELECT 1 FROM procedure_version v WHERE v.entity_id = touched.entity_id
                   AND v.id = touched.version_id AND v.state <> 'draft') THEN
            RAISE EXCEPTION 'a published version never changes: % on %', TG_OP, TG_TABLE_NAME;
        END IF;
        RETURN touched;
    END $$
    """,
    "DROP TRIGGER IF EXISTS procedure_version_stands ON procedure_version",
    """
    CREATE TRIGGER procedure_version_stands BEFORE UPDATE OR DELETE ON procedure_version
    FOR EACH ROW EXECUTE FUNCTION andecha_version_stands()
    """,
    "DROP TRIGGER IF EXISTS procedure_file_stands ON procedure_file",
    """
    CREATE TRIGGER procedure_file_stands BEFORE INSERT OR UPDATE OR DELETE ON procedure_file
    FOR EACH ROW EXECUTE FUNCTION andecha_version_files_stand()
    """,
)
