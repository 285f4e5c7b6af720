"""The first schema: the queue, the record, the people and every room."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without parameters the driver takes the whole script at once, percent signs included.
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())
    op.create_table('audit_checkpoint',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('size', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('root', sa.LargeBinary(), nullable=False),
    sa.Column('frontier', sa.LargeBinary(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('entity_id', 'size', name=op.f('pk_audit_checkpoint'))
    )
    op.create_table('audit_event',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('actor_kind', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.UUID(), nullable=True),
    sa.Column('object_kind', sa.Text(), nullable=True),
    sa.Column('object_id', sa.Text(), nullable=True),
    sa.Column('expediente_id', sa.UUID(), nullable=True),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('leaf', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_audit_event'))
    )
    op.create_index(op.f('ix_audit_event_entity_id_actor_id_at'), 'audit_event', ['entity_id', 'actor_id', 'at'], unique=False)
    op.create_index(op.f('ix_audit_event_entity_id_at'), 'audit_event', ['entity_id', 'at'], unique=False)
    op.create_index(op.f('ix_audit_event_entity_id_expediente_id_at'), 'audit_event', ['entity_id', 'expediente_id', 'at'], unique=False)
    op.create_index(op.f('ix_audit_event_entity_id_object_kind_object_id_at'), 'audit_event', ['entity_id', 'object_kind', 'object_id', 'at'], unique=False)
    op.create_table('audit_leaf',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('idx', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('event_id', sa.UUID(), nullable=False),
    sa.Column('leaf', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('entity_id', 'idx', name=op.f('pk_audit_leaf')),
    sa.UniqueConstraint('entity_id', 'event_id', name=op.f('uq_audit_leaf_entity_id_event_id'))
    )
    op.create_table('audit_personal_data',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.UUID(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('salt', sa.LargeBinary(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('entity_id', 'event_id', 'key', name=op.f('pk_audit_personal_data'))
    )
    op.create_table('audit_tile',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('root', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('entity_id', 'number', name=op.f('pk_audit_tile'))
    )
    op.create_table('calendar',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('parent', sa.Text(), nullable=True),
    sa.Column('municipality', sa.Text(), nullable=False),
    sa.Column('timezone', sa.Text(), nullable=False),
    sa.CheckConstraint("level IN ('state', 'region', 'town')", name=op.f('ck_calendar_level')),
    sa.ForeignKeyConstraint(['entity_id', 'parent'], ['calendar.entity_id', 'calendar.code'], name=op.f('fk_calendar_parent_calendar')),
    sa.PrimaryKeyConstraint('entity_id', 'code', name=op.f('pk_calendar'))
    )
    op.create_table('calendar_edition',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('calendar', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('changes', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('concerned', sa.Integer(), nullable=False),
    sa.Column('moved', sa.Integer(), nullable=False),
    sa.Column('left', sa.Integer(), nullable=False),
    sa.Column('settled', sa.Boolean(), nullable=False),
    sa.CheckConstraint("state IN ('proposed', 'published', 'discarded')", name=op.f('ck_calendar_edition_state')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_calendar_edition'))
    )
    op.create_index(op.f('ix_calendar_edition_entity_id_calendar_proposed_at'), 'calendar_edition', ['entity_id', 'calendar', 'proposed_at'], unique=False)
    op.create_table('certificate',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('holder', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('pem', sa.Text(), nullable=False),
    sa.Column('fingerprint', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('valid_to', sa.DateTime(timezone=True), nullable=False),
    sa.Column('key_file', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('warned_days', sa.Integer(), nullable=True),
    sa.CheckConstraint("purpose IN ('seal', 'official', 'time_stamping')", name=op.f('ck_certificate_purpose')),
    sa.CheckConstraint("state IN ('active', 'retired', 'revoked')", name=op.f('ck_certificate_state')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_certificate')),
    sa.UniqueConstraint('entity_id', 'fingerprint', name=op.f('uq_certificate_entity_id_fingerprint'))
    )
    op.create_index(op.f('ix_certificate_entity_id_state_valid_to'), 'certificate', ['entity_id', 'state', 'valid_to'], unique=False)
    op.create_index('uq_certificate_active', 'certificate', ['entity_id', 'purpose', 'holder'], unique=True, postgresql_where=sa.text("state = 'active'"))
    op.create_table('deadline',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('article', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('term', sa.Text(), nullable=False),
    sa.Column('urgent', sa.Boolean(), nullable=False),
    sa.Column('filing', sa.Boolean(), nullable=False),
    sa.Column('seat_calendar', sa.Text(), nullable=False),
    sa.Column('person_calendar', sa.Text(), nullable=True),
    sa.Column('expediente_id', sa.UUID(), nullable=True),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('derivation', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.CheckConstraint("kind IN ('maximum', 'procedural', 'access', 'internal')", name=op.f('ck_deadline_kind')),
    sa.CheckConstraint("state IN ('open', 'suspended', 'met', 'expired', 'cancelled')", name=op.f('ck_deadline_state')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_deadline'))
    )
    op.create_index(op.f('ix_deadline_entity_id_expediente_id'), 'deadline', ['entity_id', 'expediente_id'], unique=False)
    op.create_index(op.f('ix_deadline_entity_id_state_due_at'), 'deadline', ['entity_id', 'state', 'due_at'], unique=False)
    op.create_table('demo_clock',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('ahead', sa.Interval(), nullable=False),
    sa.Column('moved_from', sa.DateTime(timezone=True), nullable=True),
    sa.Column('moved_to', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("ahead >= interval '0'", name=op.f('ck_demo_clock_forward')),
    sa.PrimaryKeyConstraint('entity_id', name=op.f('pk_demo_clock'))
    )
    op.create_table('expediente_counter',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('series', sa.Text(), nullable=False),
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('entity_id', 'series', 'year', name=op.f('pk_expediente_counter'))
    )
    op.create_table('invoice_counter',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.Column('last_received_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('entity_id', 'year', name=op.f('pk_invoice_counter'))
    )
    op.create_table('job_run',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('job_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('arguments', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('entity_id', 'job_id', name=op.f('pk_job_run'))
    )
    op.create_index(op.f('ix_job_run_entity_id_state_started_at'), 'job_run', ['entity_id', 'state', 'started_at'], unique=False)
    op.create_table('migration_plan',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('definition_key', sa.Text(), nullable=False),
    sa.Column('source_version', sa.Integer(), nullable=False),
    sa.Column('target_version', sa.Integer(), nullable=False),
    sa.Column('source_sha256', sa.Text(), nullable=False),
    sa.Column('target_sha256', sa.Text(), nullable=False),
    sa.Column('choices', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.UUID(), nullable=True),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_migration_plan'))
    )
    op.create_index(op.f('ix_migration_plan_entity_id_definition_key_created_at'), 'migration_plan', ['entity_id', 'definition_key', 'created_at'], unique=False)
    op.create_table('official',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('document_number', sa.Text(), nullable=False),
    sa.Column('display_name', sa.Text(), nullable=False),
    sa.Column('sort_key', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_official')),
    sa.UniqueConstraint('entity_id', 'code', name=op.f('uq_official_entity_id_code')),
    sa.UniqueConstraint('entity_id', 'document_number', name=op.f('uq_official_entity_id_document_number'))
    )
    op.create_table('person',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('document_kind', sa.Text(), nullable=False),
    sa.Column('document_number', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('surname1', sa.Text(), nullable=False),
    sa.Column('surname2', sa.Text(), nullable=False),
    sa.Column('display_name', sa.Text(), nullable=False),
    sa.Column('sort_key', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('address', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('obliged', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("channel IN ('electronic', 'paper')", name=op.f('ck_person_channel')),
    sa.CheckConstraint("kind IN ('individual', 'company')", name=op.f('ck_person_kind')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_person')),
    sa.UniqueConstraint('entity_id', 'document_number', name=op.f('uq_person_entity_id_document_number'))
    )
    op.create_index(op.f('ix_person_entity_id_sort_key'), 'person', ['entity_id', 'sort_key'], unique=False)
    op.create_table('procedure_version',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('draft', 'published', 'retired')", name=op.f('ck_procedure_version_state')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_procedure_version')),
    sa.UniqueConstraint('entity_id', 'key', 'number', name=op.f('uq_procedure_version_entity_id_key_number'))
    )
    op.create_table('process_history',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('instance_id', sa.UUID(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('parent', sa.UUID(), nullable=True),
    sa.Column('inside', sa.UUID(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('spec', sa.Text(), nullable=False),
    sa.Column('element', sa.Text(), nullable=True),
    sa.Column('state', sa.Integer(), nullable=False),
    sa.Column('triggered', sa.Boolean(), nullable=False),
    sa.Column('added', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('removed', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('internal', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.UUID(), nullable=True),
    sa.PrimaryKeyConstraint('entity_id', 'instance_id', 'id', name=op.f('pk_process_history'))
    )
    op.create_table('process_instance',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('definition_key', sa.Text(), nullable=False),
    sa.Column('definition_version', sa.Integer(), nullable=False),
    sa.Column('model_sha256', sa.Text(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=True),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('header', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('running', 'completed', 'incident', 'suspended', 'cancelled')", name=op.f('ck_process_instance_state')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_process_instance'))
    )
    op.create_index(op.f('ix_process_instance_entity_id_expediente_id'), 'process_instance', ['entity_id', 'expediente_id'], unique=False)
    op.create_table('process_model',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('xml', sa.LargeBinary(), nullable=False),
    sa.Column('decisions', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('entity_id', 'sha256', name=op.f('pk_process_model'))
    )
    op.create_table('process_payload',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('entity_id', 'sha256', name=op.f('pk_process_payload'))
    )
    op.create_table('registry_counter',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('book', sa.Text(), nullable=False),
    sa.Column('office', sa.Text(), nullable=False),
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.Column('last_presented_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("book IN ('entry', 'exit')", name=op.f('ck_registry_counter_book')),
    sa.PrimaryKeyConstraint('entity_id', 'book', 'office', 'year', name=op.f('pk_registry_counter'))
    )
    op.create_table('sent_event',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('correlation', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tried_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('source_id', sa.UUID(), nullable=True),
    sa.Column('instance_id', sa.UUID(), nullable=True),
    sa.Column('element', sa.Text(), nullable=False),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('message', 'signal', 'conditional')", name=op.f('ck_sent_event_kind')),
    sa.CheckConstraint("state IN ('waiting', 'held', 'delivered', 'ambiguous', 'expired')", name=op.f('ck_sent_event_state')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_sent_event'))
    )
    op.create_index('ix_sent_event_open', 'sent_event', ['entity_id', 'name'], unique=False, postgresql_where=sa.text("state IN ('waiting', 'held', 'ambiguous')"))
    op.create_table('technical_incident',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('article', sa.Text(), nullable=False),
    sa.Column('services', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('from_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('extension', sa.Text(), nullable=False),
    sa.Column('declared_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('extended', sa.Integer(), nullable=False),
    sa.Column('moved', sa.Integer(), nullable=False),
    sa.Column('left', sa.Integer(), nullable=False),
    sa.CheckConstraint("cause IN ('technical', 'cyber')", name=op.f('ck_technical_incident_cause')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_technical_incident'))
    )
    op.create_index(op.f('ix_technical_incident_entity_id_declared_at'), 'technical_incident', ['entity_id', 'declared_at'], unique=False)
    op.create_table('unit',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('dir3', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('parent_id', sa.UUID(), nullable=True),
    sa.ForeignKeyConstraint(['entity_id', 'parent_id'], ['unit.entity_id', 'unit.id'], name=op.f('fk_unit_parent_id_unit')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_unit')),
    sa.UniqueConstraint('entity_id', 'code', name=op.f('uq_unit_entity_id_code'))
    )
    op.create_table('urgency',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=True),
    sa.Column('declared_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_urgency')),
    sa.UniqueConstraint('entity_id', 'expediente_id', name=op.f('uq_urgency_entity_id_expediente_id'))
    )
    op.create_table('web_session',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('actor_kind', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.UUID(), nullable=True),
    sa.Column('on_behalf_of', sa.UUID(), nullable=True),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('values', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_web_session')),
    sa.UniqueConstraint('entity_id', 'token_hash', name=op.f('uq_web_session_entity_id_token_hash'))
    )
    op.create_index(op.f('ix_web_session_entity_id_actor_id'), 'web_session', ['entity_id', 'actor_id'], unique=False)
    op.create_table('absence',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('official_id', sa.UUID(), nullable=False),
    sa.Column('substitute_id', sa.UUID(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('recorded_by', sa.UUID(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_by', sa.UUID(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('holiday', 'leave', 'illness', 'other')", name=op.f('ck_absence_kind')),
    sa.CheckConstraint('starts_on <= ends_on', name=op.f('ck_absence_dates')),
    sa.CheckConstraint('substitute_id <> official_id', name=op.f('ck_absence_somebody_else')),
    sa.ForeignKeyConstraint(['entity_id', 'ended_by'], ['official.entity_id', 'official.id'], name=op.f('fk_absence_ended_by_official')),
    sa.ForeignKeyConstraint(['entity_id', 'official_id'], ['official.entity_id', 'official.id'], name=op.f('fk_absence_official_id_official')),
    sa.ForeignKeyConstraint(['entity_id', 'recorded_by'], ['official.entity_id', 'official.id'], name=op.f('fk_absence_recorded_by_official')),
    sa.ForeignKeyConstraint(['entity_id', 'substitute_id'], ['official.entity_id', 'official.id'], name=op.f('fk_absence_substitute_id_official')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_absence'))
    )
    op.create_index(op.f('ix_absence_entity_id_official_id_ends_on'), 'absence', ['entity_id', 'official_id', 'ends_on'], unique=False)
    op.create_index(op.f('ix_absence_entity_id_substitute_id_ends_on'), 'absence', ['entity_id', 'substitute_id', 'ends_on'], unique=False)
    op.create_table('calendar_day',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('calendar', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['entity_id', 'calendar'], ['calendar.entity_id', 'calendar.code'], name=op.f('fk_calendar_day_calendar_calendar')),
    sa.PrimaryKeyConstraint('entity_id', 'calendar', 'day', name=op.f('pk_calendar_day'))
    )
    op.create_table('calendar_year',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('calendar', sa.Text(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('bulletin', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('published_on', sa.Date(), nullable=True),
    sa.Column('loaded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['entity_id', 'calendar'], ['calendar.entity_id', 'calendar.code'], name=op.f('fk_calendar_year_calendar_calendar')),
    sa.PrimaryKeyConstraint('entity_id', 'calendar', 'year', name=op.f('pk_calendar_year'))
    )
    op.create_index(op.f('ix_calendar_year_entity_id_version'), 'calendar_year', ['entity_id', 'version'], unique=False)
    op.create_table('checkpoint_stamp',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('size', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('token', sa.LargeBinary(), nullable=False),
    sa.Column('authority', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entity_id', 'size'], ['audit_checkpoint.entity_id', 'audit_checkpoint.size'], name=op.f('fk_checkpoint_stamp_size_audit_checkpoint')),
    sa.PrimaryKeyConstraint('entity_id', 'size', name=op.f('pk_checkpoint_stamp'))
    )
    op.create_table('contract',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('number_key', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('supplier_id', sa.UUID(), nullable=False),
    sa.Column('responsible_id', sa.UUID(), nullable=False),
    sa.Column('unit_id', sa.UUID(), nullable=False),
    sa.Column('amount', sa.Numeric(precision=18, scale=2), nullable=False),
    sa.Column('vat_rate', sa.Numeric(precision=5, scale=2), nullable=False),
    sa.Column('vat', sa.Numeric(precision=18, scale=2), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('expediente', sa.Text(), nullable=False),
    sa.Column('application', sa.Text(), nullable=False),
    sa.Column('search_key', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('works', 'services', 'supplies', 'concession', 'mixed', 'minor_works', 'minor_services', 'minor_supplies')", name=op.f('ck_contract_kind')),
    sa.CheckConstraint("state IN ('active', 'closed')", name=op.f('ck_contract_state')),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_contract_amount')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_contract_term')),
    sa.ForeignKeyConstraint(['entity_id', 'responsible_id'], ['official.entity_id', 'official.id'], name=op.f('fk_contract_responsible_id_official')),
    sa.ForeignKeyConstraint(['entity_id', 'supplier_id'], ['person.entity_id', 'person.id'], name=op.f('fk_contract_supplier_id_person')),
    sa.ForeignKeyConstraint(['entity_id', 'unit_id'], ['unit.entity_id', 'unit.id'], name=op.f('fk_contract_unit_id_unit')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_contract')),
    sa.UniqueConstraint('entity_id', 'number_key', name=op.f('uq_contract_entity_id_number_key'))
    )
    op.create_index(op.f('ix_contract_entity_id_responsible_id'), 'contract', ['entity_id', 'responsible_id'], unique=False)
    op.create_index(op.f('ix_contract_entity_id_supplier_id_state'), 'contract', ['entity_id', 'supplier_id', 'state'], unique=False)
    op.create_table('deadline_change',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('deadline_id', sa.UUID(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('article', sa.Text(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('previous_due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reference', sa.UUID(), nullable=True),
    sa.CheckConstraint("kind IN ('suspended', 'resumed', 'extended', 'urgency', 'calendar', 'incident', 'person', 'corrected', 'simplified')", name=op.f('ck_deadline_change_kind')),
    sa.ForeignKeyConstraint(['entity_id', 'deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_deadline_change_deadline_id_deadline')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_deadline_change'))
    )
    op.create_index(op.f('ix_deadline_change_entity_id_deadline_id'), 'deadline_change', ['entity_id', 'deadline_id'], unique=False)
    op.create_index(op.f('ix_deadline_change_entity_id_expediente_id'), 'deadline_change', ['entity_id', 'expediente_id'], unique=False)
    op.create_index(op.f('ix_deadline_change_entity_id_reference'), 'deadline_change', ['entity_id', 'reference'], unique=False)
    op.create_table('deadline_extension',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('deadline_id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('term', sa.Text(), nullable=False),
    sa.Column('article', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=True),
    sa.Column('reference', sa.UUID(), nullable=True),
    sa.CheckConstraint("kind IN ('maximum', 'procedural', 'incident')", name=op.f('ck_deadline_extension_kind')),
    sa.ForeignKeyConstraint(['entity_id', 'deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_deadline_extension_deadline_id_deadline')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_deadline_extension'))
    )
    op.create_index(op.f('ix_deadline_extension_entity_id_deadline_id'), 'deadline_extension', ['entity_id', 'deadline_id'], unique=False)
    op.create_index(op.f('ix_deadline_extension_entity_id_reference'), 'deadline_extension', ['entity_id', 'reference'], unique=False)
    op.create_table('deadline_suspension',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('deadline_id', sa.UUID(), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('article', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lifts_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('end_reason', sa.Text(), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=True),
    sa.Column('ended_document_id', sa.UUID(), nullable=True),
    sa.ForeignKeyConstraint(['entity_id', 'deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_deadline_suspension_deadline_id_deadline')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_deadline_suspension'))
    )
    op.create_index(op.f('ix_deadline_suspension_entity_id_deadline_id'), 'deadline_suspension', ['entity_id', 'deadline_id'], unique=False)
    op.create_index('ix_deadline_suspension_lifts', 'deadline_suspension', ['entity_id', 'lifts_at'], unique=False, postgresql_where=sa.text('ended_at IS NULL AND lifts_at IS NOT NULL'))
    op.create_table('document',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=True),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('eni_id', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('elaboration_state', sa.Text(), nullable=False),
    sa.Column('source_eni_id', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('captured_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('organ', sa.Text(), nullable=False),
    sa.Column('visibility', sa.Text(), nullable=False),
    sa.Column('template', sa.Text(), nullable=True),
    sa.Column('missing', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('seal_requested', sa.Boolean(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("elaboration_state IN ('EE01', 'EE02', 'EE03', 'EE04', 'EE99')", name=op.f('ck_document_elaboration_state')),
    sa.CheckConstraint("kind IN ('TD01', 'TD02', 'TD03', 'TD04', 'TD05', 'TD06', 'TD07', 'TD08', 'TD09', 'TD10', 'TD11', 'TD12', 'TD13', 'TD14', 'TD15', 'TD16', 'TD17', 'TD18', 'TD19', 'TD20', 'TD99')", name=op.f('ck_document_kind')),
    sa.CheckConstraint("origin IN ('citizen', 'administration')", name=op.f('ck_document_origin')),
    sa.CheckConstraint("state IN ('draft', 'final', 'sealed', 'quarantined', 'withdrawn')", name=op.f('ck_document_state')),
    sa.CheckConstraint("visibility IN ('public', 'parties', 'internal')", name=op.f('ck_document_visibility')),
    sa.ForeignKeyConstraint(['entity_id', 'person_id'], ['person.entity_id', 'person.id'], name=op.f('fk_document_person_id_person')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_document')),
    sa.UniqueConstraint('entity_id', 'eni_id', name=op.f('uq_document_entity_id_eni_id'))
    )
    op.create_index(op.f('ix_document_entity_id_expediente_id'), 'document', ['entity_id', 'expediente_id'], unique=False)
    op.create_index(op.f('ix_document_entity_id_person_id'), 'document', ['entity_id', 'person_id'], unique=False)
    op.create_index(op.f('ix_document_entity_id_sha256'), 'document', ['entity_id', 'sha256'], unique=False)
    op.create_index('ix_document_title_words', 'document', [sa.literal_column("to_tsvector('simple'::regconfig, regexp_replace(translate(lower(title), 'áàâäãéèêëíìîïóòôöõúùûüñçÁÀÂÄÃÉÈÊËÍÌÎÏÓÒÔÖÕÚÙÛÜÑÇ', 'aaaaaeeeeiiiiooooouuuuncaaaaaeeeeiiiiooooouuuunc'), '[^a-z0-9]+', ' ', 'g'))")], unique=False, postgresql_using='gin')
    op.create_table('event_receipt',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.UUID(), nullable=False),
    sa.Column('instance_id', sa.UUID(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('pending', 'done')", name=op.f('ck_event_receipt_state')),
    sa.ForeignKeyConstraint(['entity_id', 'event_id'], ['sent_event.entity_id', 'sent_event.id'], name=op.f('fk_event_receipt_event_id_sent_event')),
    sa.ForeignKeyConstraint(['entity_id', 'instance_id'], ['process_instance.entity_id', 'process_instance.id'], name=op.f('fk_event_receipt_instance_id_process_instance')),
    sa.PrimaryKeyConstraint('entity_id', 'event_id', 'instance_id', name=op.f('pk_event_receipt'))
    )
    op.create_index('ix_event_receipt_pending', 'event_receipt', ['entity_id', 'instance_id'], unique=False, postgresql_where=sa.text("state = 'pending'"))
    op.create_table('event_subscription',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('instance_id', sa.UUID(), nullable=True),
    sa.Column('task_id', sa.UUID(), nullable=True),
    sa.Column('element', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('signature', sa.Text(), nullable=False),
    sa.Column('correlation', sa.Text(), nullable=False),
    sa.Column('definition_key', sa.Text(), nullable=False),
    sa.Column('definition_version', sa.Integer(), nullable=False),
    sa.Column('model_sha256', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('message', 'signal', 'conditional')", name=op.f('ck_event_subscription_kind')),
    sa.ForeignKeyConstraint(['entity_id', 'instance_id'], ['process_instance.entity_id', 'process_instance.id'], name=op.f('fk_event_subscription_instance_id_process_instance')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_event_subscription')),
    sa.UniqueConstraint('entity_id', 'instance_id', 'task_id', name=op.f('uq_event_subscription_entity_id_instance_id_task_id'))
    )
    op.create_index(op.f('ix_event_subscription_entity_id_kind_name_signature_correlation'), 'event_subscription', ['entity_id', 'kind', 'name', 'signature', 'correlation'], unique=False)
    op.create_index('ix_event_subscription_start', 'event_subscription', ['entity_id', 'definition_key'], unique=False, postgresql_where=sa.text('instance_id IS NULL'))
    op.create_table('migration_run',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('plan_id', sa.UUID(), nullable=False),
    sa.Column('follows_id', sa.UUID(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('choices', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.UUID(), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('rehearsal', 'run', 'undoing')", name=op.f('ck_migration_run_kind')),
    sa.CheckConstraint("state IN ('running', 'finished')", name=op.f('ck_migration_run_state')),
    sa.ForeignKeyConstraint(['entity_id', 'follows_id'], ['migration_run.entity_id', 'migration_run.id'], name=op.f('fk_migration_run_follows_id_migration_run')),
    sa.ForeignKeyConstraint(['entity_id', 'plan_id'], ['migration_plan.entity_id', 'migration_plan.id'], name=op.f('fk_migration_run_plan_id_migration_plan')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_migration_run'))
    )
    op.create_index(op.f('ix_migration_run_entity_id_plan_id_created_at'), 'migration_run', ['entity_id', 'plan_id', 'created_at'], unique=False)
    op.create_table('payment_order',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('subject_kind', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('concept', sa.Text(), nullable=False),
    sa.Column('amount', sa.Numeric(precision=18, scale=2), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('signal', sa.Text(), nullable=True),
    sa.CheckConstraint("state IN ('pending', 'paid', 'cancelled')", name=op.f('ck_payment_order_state')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_payment_order_amount')),
    sa.ForeignKeyConstraint(['entity_id', 'person_id'], ['person.entity_id', 'person.id'], name=op.f('fk_payment_order_person_id_person')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_payment_order')),
    sa.UniqueConstraint('entity_id', 'reference', name=op.f('uq_payment_order_entity_id_reference')),
    sa.UniqueConstraint('entity_id', 'subject_kind', 'subject_id', name=op.f('uq_payment_order_entity_id_subject_kind_subject_id'))
    )
    op.create_index(op.f('ix_payment_order_entity_id_person_id_state'), 'payment_order', ['entity_id', 'person_id', 'state'], unique=False)
    op.create_table('post_assignment',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('official_id', sa.UUID(), nullable=False),
    sa.Column('unit_id', sa.UUID(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['entity_id', 'official_id'], ['official.entity_id', 'official.id'], name=op.f('fk_post_assignment_official_id_official')),
    sa.ForeignKeyConstraint(['entity_id', 'unit_id'], ['unit.entity_id', 'unit.id'], name=op.f('fk_post_assignment_unit_id_unit')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_post_assignment')),
    sa.UniqueConstraint('entity_id', 'official_id', 'unit_id', 'role', 'valid_from', name=op.f('uq_post_assignment_entity_id_official_id_unit_id_role_valid_from'))
    )
    op.create_table('power',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('grantor_id', sa.UUID(), nullable=False),
    sa.Column('attorney_id', sa.UUID(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('procedures', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['entity_id', 'attorney_id'], ['person.entity_id', 'person.id'], name=op.f('fk_power_attorney_id_person')),
    sa.ForeignKeyConstraint(['entity_id', 'grantor_id'], ['person.entity_id', 'person.id'], name=op.f('fk_power_grantor_id_person')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_power'))
    )
    op.create_index(op.f('ix_power_entity_id_attorney_id'), 'power', ['entity_id', 'attorney_id'], unique=False)
    op.create_table('print_batch',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('official_id', sa.UUID(), nullable=True),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=True),
    sa.Column('size', sa.Integer(), nullable=True),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['entity_id', 'official_id'], ['official.entity_id', 'official.id'], name=op.f('fk_print_batch_official_id_official')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_print_batch'))
    )
    op.create_index(op.f('ix_print_batch_entity_id_created_at'), 'print_batch', ['entity_id', 'created_at'], unique=False)
    op.create_table('procedure_file',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.UUID(), nullable=False),
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['entity_id', 'version_id'], ['procedure_version.entity_id', 'procedure_version.id'], name=op.f('fk_procedure_file_version_id_procedure_version')),
    sa.PrimaryKeyConstraint('entity_id', 'version_id', 'path', name=op.f('pk_procedure_file'))
    )
    op.create_table('process_datum',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('instance_id', sa.UUID(), nullable=False),
    sa.Column('scope', sa.UUID(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('value', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.ForeignKeyConstraint(['entity_id', 'instance_id'], ['process_instance.entity_id', 'process_instance.id'], name=op.f('fk_process_datum_instance_id_process_instance')),
    sa.PrimaryKeyConstraint('entity_id', 'instance_id', 'scope', 'key', name=op.f('pk_process_datum'))
    )
    op.create_table('process_held_cause',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('instance_id', sa.UUID(), nullable=False),
    sa.Column('cause', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['entity_id', 'instance_id'], ['process_instance.entity_id', 'process_instance.id'], name=op.f('fk_process_held_cause_instance_id_process_instance')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_process_held_cause'))
    )
    op.create_index(op.f('ix_process_held_cause_entity_id_instance_id_given_at'), 'process_held_cause', ['entity_id', 'instance_id', 'given_at'], unique=False)
    op.create_table('process_incident',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('instance_id', sa.UUID(), nullable=False),
    sa.Column('element', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('cause', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['entity_id', 'instance_id'], ['process_instance.entity_id', 'process_instance.id'], name=op.f('fk_process_incident_instance_id_process_instance')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_process_incident'))
    )
    op.create_index(op.f('ix_process_incident_entity_id_resolved_at_at'), 'process_incident', ['entity_id', 'resolved_at', 'at'], unique=False)
    op.create_table('process_intervention',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('arguments', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('ordered_by', sa.UUID(), nullable=False),
    sa.Column('ordered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.UUID(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.CheckConstraint("kind IN ('retry', 'skip', 'move', 'restart', 'suspend', 'resume', 'cancel')", name=op.f('ck_process_intervention_kind')),
    sa.CheckConstraint("state IN ('proposed', 'running', 'done', 'rejected')", name=op.f('ck_process_intervention_state')),
    sa.ForeignKeyConstraint(['entity_id', 'decided_by'], ['official.entity_id', 'official.id'], name=op.f('fk_process_intervention_decided_by_official')),
    sa.ForeignKeyConstraint(['entity_id', 'ordered_by'], ['official.entity_id', 'official.id'], name=op.f('fk_process_intervention_ordered_by_official')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_process_intervention'))
    )
    op.create_index(op.f('ix_process_intervention_entity_id_state_ordered_at'), 'process_intervention', ['entity_id', 'state', 'ordered_at'], unique=False)
    op.create_table('process_task',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('instance_id', sa.UUID(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('parent', sa.UUID(), nullable=True),
    sa.Column('inside', sa.UUID(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('spec', sa.Text(), nullable=False),
    sa.Column('element', sa.Text(), nullable=True),
    sa.Column('state', sa.Integer(), nullable=False),
    sa.Column('triggered', sa.Boolean(), nullable=False),
    sa.Column('added', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('removed', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('internal', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entity_id', 'instance_id'], ['process_instance.entity_id', 'process_instance.id'], name=op.f('fk_process_task_instance_id_process_instance')),
    sa.PrimaryKeyConstraint('entity_id', 'instance_id', 'id', name=op.f('pk_process_task'))
    )
    op.create_table('process_timer',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('instance_id', sa.UUID(), nullable=False),
    sa.Column('task_id', sa.UUID(), nullable=False),
    sa.Column('element', sa.Text(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deadline_id', sa.UUID(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'fired', 'cancelled')", name=op.f('ck_process_timer_state')),
    sa.ForeignKeyConstraint(['entity_id', 'deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_process_timer_deadline_id_deadline')),
    sa.ForeignKeyConstraint(['entity_id', 'instance_id'], ['process_instance.entity_id', 'process_instance.id'], name=op.f('fk_process_timer_instance_id_process_instance')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_process_timer')),
    sa.UniqueConstraint('entity_id', 'instance_id', 'task_id', name=op.f('uq_process_timer_entity_id_instance_id_task_id'))
    )
    op.create_index(op.f('ix_process_timer_entity_id_deadline_id'), 'process_timer', ['entity_id', 'deadline_id'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index(op.f('ix_process_timer_entity_id_due_at'), 'process_timer', ['entity_id', 'due_at'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_table('work_item',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('instance_id', sa.UUID(), nullable=False),
    sa.Column('task_id', sa.UUID(), nullable=False),
    sa.Column('element', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('form', sa.Text(), nullable=False),
    sa.Column('phase', sa.Text(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=True),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('unit_id', sa.UUID(), nullable=True),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('excluded', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('assignee_id', sa.UUID(), nullable=True),
    sa.Column('candidates', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('fixed', sa.Boolean(), nullable=False),
    sa.Column('owner_id', sa.UUID(), nullable=True),
    sa.Column('delegated_from', sa.UUID(), nullable=True),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('completed_by', sa.UUID(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('follow_up_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deadline_id', sa.UUID(), nullable=True),
    sa.Column('term_id', sa.UUID(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state IN ('open', 'claimed', 'done', 'cancelled')", name=op.f('ck_work_item_state')),
    sa.ForeignKeyConstraint(['entity_id', 'assignee_id'], ['official.entity_id', 'official.id'], name=op.f('fk_work_item_assignee_id_official')),
    sa.ForeignKeyConstraint(['entity_id', 'deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_work_item_deadline_id_deadline')),
    sa.ForeignKeyConstraint(['entity_id', 'delegated_from'], ['official.entity_id', 'official.id'], name=op.f('fk_work_item_delegated_from_official')),
    sa.ForeignKeyConstraint(['entity_id', 'instance_id'], ['process_instance.entity_id', 'process_instance.id'], name=op.f('fk_work_item_instance_id_process_instance')),
    sa.ForeignKeyConstraint(['entity_id', 'owner_id'], ['official.entity_id', 'official.id'], name=op.f('fk_work_item_owner_id_official')),
    sa.ForeignKeyConstraint(['entity_id', 'person_id'], ['person.entity_id', 'person.id'], name=op.f('fk_work_item_person_id_person')),
    sa.ForeignKeyConstraint(['entity_id', 'term_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_work_item_term_id_deadline')),
    sa.ForeignKeyConstraint(['entity_id', 'unit_id'], ['unit.entity_id', 'unit.id'], name=op.f('fk_work_item_unit_id_unit')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_work_item')),
    sa.UniqueConstraint('entity_id', 'instance_id', 'task_id', name=op.f('uq_work_item_entity_id_instance_id_task_id'))
    )
    op.create_index(op.f('ix_work_item_entity_id_assignee_id_state'), 'work_item', ['entity_id', 'assignee_id', 'state'], unique=False)
    op.create_index(op.f('ix_work_item_entity_id_expediente_id'), 'work_item', ['entity_id', 'expediente_id'], unique=False)
    op.create_index(op.f('ix_work_item_entity_id_state_unit_id_role'), 'work_item', ['entity_id', 'state', 'unit_id', 'role'], unique=False)
    op.create_index('ix_work_item_open_due', 'work_item', ['entity_id', sa.literal_column('due_at ASC NULLS LAST'), sa.literal_column('priority DESC'), 'created_at', 'id'], unique=False, postgresql_where=sa.text("state IN ('open', 'claimed')"))
    op.create_index('ix_work_item_open_owner', 'work_item', ['entity_id', 'owner_id'], unique=False, postgresql_where=sa.text("state IN ('open', 'claimed') AND owner_id IS NOT NULL"))
    op.create_index('ix_work_item_term', 'work_item', ['entity_id', 'term_id'], unique=False, postgresql_where=sa.text("state IN ('open', 'claimed') AND term_id IS NOT NULL"))
    op.create_table('act_to_notify',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=False),
    sa.Column('deadline_id', sa.UUID(), nullable=False),
    sa.Column('adopted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('notified_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['entity_id', 'deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_act_to_notify_deadline_id_deadline')),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_act_to_notify_document_id_document')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_act_to_notify')),
    sa.UniqueConstraint('entity_id', 'document_id', name=op.f('uq_act_to_notify_entity_id_document_id'))
    )
    op.create_table('contract_charge',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('contract_id', sa.UUID(), nullable=False),
    sa.Column('invoice_id', sa.UUID(), nullable=False),
    sa.Column('amount', sa.Numeric(precision=18, scale=2), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('reserved', 'recognised', 'released')", name=op.f('ck_contract_charge_state')),
    sa.ForeignKeyConstraint(['entity_id', 'contract_id'], ['contract.entity_id', 'contract.id'], name=op.f('fk_contract_charge_contract_id_contract')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_contract_charge')),
    sa.UniqueConstraint('entity_id', 'invoice_id', name=op.f('uq_contract_charge_entity_id_invoice_id'))
    )
    op.create_index(op.f('ix_contract_charge_entity_id_contract_id_state'), 'contract_charge', ['entity_id', 'contract_id', 'state'], unique=False)
    op.create_table('document_attachment',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('relationship', sa.Text(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_document_attachment_document_id_document')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_document_attachment')),
    sa.UniqueConstraint('entity_id', 'document_id', 'name', name=op.f('uq_document_attachment_entity_id_document_id_name'))
    )
    op.create_table('document_hold',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('held_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_document_hold_document_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'person_id'], ['person.entity_id', 'person.id'], name=op.f('fk_document_hold_person_id_person')),
    sa.PrimaryKeyConstraint('entity_id', 'document_id', 'person_id', name=op.f('pk_document_hold'))
    )
    op.create_index(op.f('ix_document_hold_entity_id_person_id'), 'document_hold', ['entity_id', 'person_id'], unique=False)
    op.create_table('document_version',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("reason IN ('captured', 'composed', 'rendered', 'sealed', 'signed', 'upgraded')", name=op.f('ck_document_version_reason')),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_document_version_document_id_document')),
    sa.PrimaryKeyConstraint('entity_id', 'document_id', 'number', name=op.f('pk_document_version'))
    )
    op.create_index(op.f('ix_document_version_entity_id_sha256'), 'document_version', ['entity_id', 'sha256'], unique=False)
    op.create_table('invoice',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('register_number', sa.Integer(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_by', sa.UUID(), nullable=True),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('format', sa.Text(), nullable=False),
    sa.Column('format_version', sa.Text(), nullable=False),
    sa.Column('signed', sa.Boolean(), nullable=False),
    sa.Column('issuer_nif', sa.Text(), nullable=False),
    sa.Column('issuer_country', sa.Text(), nullable=False),
    sa.Column('issuer_name', sa.Text(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('series', sa.Text(), nullable=False),
    sa.Column('invoice_class', sa.Text(), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('base', sa.Numeric(precision=18, scale=2), nullable=True),
    sa.Column('vat', sa.Numeric(precision=18, scale=2), nullable=True),
    sa.Column('withheld', sa.Numeric(precision=18, scale=2), nullable=True),
    sa.Column('total', sa.Numeric(precision=18, scale=2), nullable=True),
    sa.Column('accounting_office', sa.Text(), nullable=False),
    sa.Column('managing_body', sa.Text(), nullable=False),
    sa.Column('processing_unit', sa.Text(), nullable=False),
    sa.Column('references', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('verdict', sa.Text(), nullable=False),
    sa.Column('findings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('rejection_code', sa.Text(), nullable=True),
    sa.Column('rejection_reason', sa.Text(), nullable=True),
    sa.Column('contract_id', sa.UUID(), nullable=True),
    sa.Column('expediente_id', sa.UUID(), nullable=True),
    sa.Column('conformity_deadline_id', sa.UUID(), nullable=True),
    sa.Column('payment_deadline_id', sa.UUID(), nullable=True),
    sa.Column('search_key', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("source IN ('upload', 'face')", name=op.f('ck_invoice_source')),
    sa.CheckConstraint("state IN ('pending_resolution', 'registered', 'linked', 'conformed', 'objected', 'controlled', 'recognised', 'ordered', 'paid', 'rejected')", name=op.f('ck_invoice_state')),
    sa.CheckConstraint("verdict IN ('accepted', 'rejected')", name=op.f('ck_invoice_verdict')),
    sa.ForeignKeyConstraint(['entity_id', 'conformity_deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_invoice_conformity_deadline_id_deadline')),
    sa.ForeignKeyConstraint(['entity_id', 'contract_id'], ['contract.entity_id', 'contract.id'], name=op.f('fk_invoice_contract_id_contract')),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_invoice_document_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'payment_deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_invoice_payment_deadline_id_deadline')),
    sa.ForeignKeyConstraint(['entity_id', 'person_id'], ['person.entity_id', 'person.id'], name=op.f('fk_invoice_person_id_person')),
    sa.ForeignKeyConstraint(['entity_id', 'received_by'], ['official.entity_id', 'official.id'], name=op.f('fk_invoice_received_by_official')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_invoice')),
    sa.UniqueConstraint('entity_id', 'code', name=op.f('uq_invoice_entity_id_code')),
    sa.UniqueConstraint('entity_id', 'year', 'register_number', name=op.f('uq_invoice_entity_id_year_register_number'))
    )
    op.create_index(op.f('ix_invoice_entity_id_contract_id'), 'invoice', ['entity_id', 'contract_id'], unique=False)
    op.create_index(op.f('ix_invoice_entity_id_expediente_id'), 'invoice', ['entity_id', 'expediente_id'], unique=False)
    op.create_index(op.f('ix_invoice_entity_id_person_id_received_at'), 'invoice', ['entity_id', 'person_id', 'received_at'], unique=False)
    op.create_index(op.f('ix_invoice_entity_id_received_at_id'), 'invoice', ['entity_id', 'received_at', 'id'], unique=False)
    op.create_index(op.f('ix_invoice_entity_id_sha256'), 'invoice', ['entity_id', 'sha256'], unique=False)
    op.create_index(op.f('ix_invoice_entity_id_state_received_at'), 'invoice', ['entity_id', 'state', 'received_at'], unique=False)
    op.create_index('uq_invoice_live_file', 'invoice', ['entity_id', 'sha256', 'position'], unique=True, postgresql_where=sa.text("state <> 'rejected'"))
    op.create_index('uq_invoice_live_invoice', 'invoice', ['entity_id', 'issuer_country', 'issuer_nif', 'series', 'number', 'issued_on'], unique=True, postgresql_where=sa.text("state <> 'rejected'"))
    op.create_table('migration_result',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.UUID(), nullable=False),
    sa.Column('instance_id', sa.UUID(), nullable=False),
    sa.Column('chunk', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('seen_version', sa.Integer(), nullable=True),
    sa.Column('report', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('image', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('left', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("outcome IN ('pending', 'ready', 'done', 'stays', 'refused', 'moved', 'differs')", name=op.f('ck_migration_result_outcome')),
    sa.ForeignKeyConstraint(['entity_id', 'instance_id'], ['process_instance.entity_id', 'process_instance.id'], name=op.f('fk_migration_result_instance_id_process_instance')),
    sa.ForeignKeyConstraint(['entity_id', 'run_id'], ['migration_run.entity_id', 'migration_run.id'], name=op.f('fk_migration_result_run_id_migration_run')),
    sa.PrimaryKeyConstraint('entity_id', 'run_id', 'instance_id', name=op.f('pk_migration_result'))
    )
    op.create_index(op.f('ix_migration_result_entity_id_run_id_chunk_outcome'), 'migration_result', ['entity_id', 'run_id', 'chunk', 'outcome'], unique=False)
    op.create_table('payment_attempt',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('order_id', sa.UUID(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('amount', sa.Numeric(precision=18, scale=2), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('gateway_code', sa.Text(), nullable=True),
    sa.Column('refund_reason', sa.Text(), nullable=True),
    sa.Column('refund_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('refund_reference', sa.Text(), nullable=True),
    sa.Column('refunded_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("refund_reason IN ('duplicate', 'amount', 'cancelled')", name=op.f('ck_payment_attempt_refund_reason')),
    sa.CheckConstraint("state IN ('started', 'accepted', 'refused', 'expired', 'refund_due', 'refunded')", name=op.f('ck_payment_attempt_state')),
    sa.ForeignKeyConstraint(['entity_id', 'order_id'], ['payment_order.entity_id', 'payment_order.id'], name=op.f('fk_payment_attempt_order_id_payment_order')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_payment_attempt')),
    sa.UniqueConstraint('entity_id', 'reference', name=op.f('uq_payment_attempt_entity_id_reference'))
    )
    op.create_index(op.f('ix_payment_attempt_entity_id_order_id'), 'payment_attempt', ['entity_id', 'order_id'], unique=False)
    op.create_index(op.f('ix_payment_attempt_entity_id_state_started_at'), 'payment_attempt', ['entity_id', 'state', 'started_at'], unique=False)
    op.create_index('uq_payment_attempt_entity_id_order_id_accepted', 'payment_attempt', ['entity_id', 'order_id'], unique=True, postgresql_where=sa.text("state = 'accepted'"))
    op.create_table('process_intervention_step',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('intervention_id', sa.UUID(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('instance_id', sa.UUID(), nullable=False),
    sa.Column('incident_id', sa.UUID(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'done', 'failed')", name=op.f('ck_process_intervention_step_state')),
    sa.ForeignKeyConstraint(['entity_id', 'incident_id'], ['process_incident.entity_id', 'process_incident.id'], name=op.f('fk_process_intervention_step_incident_id_process_incident')),
    sa.ForeignKeyConstraint(['entity_id', 'instance_id'], ['process_instance.entity_id', 'process_instance.id'], name=op.f('fk_process_intervention_step_instance_id_process_instance')),
    sa.ForeignKeyConstraint(['entity_id', 'intervention_id'], ['process_intervention.entity_id', 'process_intervention.id'], name=op.f('fk_process_intervention_step_intervention_id_process_intervention')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_process_intervention_step')),
    sa.UniqueConstraint('entity_id', 'intervention_id', 'position', name=op.f('uq_process_intervention_step_entity_id_intervention_id_position'))
    )
    op.create_index(op.f('ix_process_intervention_step_entity_id_instance_id'), 'process_intervention_step', ['entity_id', 'instance_id'], unique=False)
    op.create_table('registry_entry',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('book', sa.Text(), nullable=False),
    sa.Column('office', sa.Text(), nullable=False),
    sa.Column('office_name', sa.Text(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('presented_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('effective_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_because', sa.Text(), nullable=True),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('subject_key', sa.Text(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('representative_id', sa.UUID(), nullable=True),
    sa.Column('unit_id', sa.UUID(), nullable=False),
    sa.Column('unit_name', sa.Text(), nullable=False),
    sa.Column('unit_dir3', sa.Text(), nullable=False),
    sa.Column('sia', sa.Text(), nullable=True),
    sa.Column('expediente_id', sa.UUID(), nullable=True),
    sa.Column('external_reference', sa.Text(), nullable=True),
    sa.Column('physical_documents', sa.Text(), nullable=False),
    sa.Column('official_id', sa.UUID(), nullable=True),
    sa.Column('contents', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('notes', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('summary_sha256', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annulled_by', sa.UUID(), nullable=True),
    sa.Column('annulled_because', sa.Text(), nullable=True),
    sa.Column('receipt_id', sa.UUID(), nullable=True),
    sa.CheckConstraint("book IN ('entry', 'exit')", name=op.f('ck_registry_entry_book')),
    sa.CheckConstraint("channel IN ('sede', 'office', 'sir', 'system')", name=op.f('ck_registry_entry_channel')),
    sa.CheckConstraint("physical_documents IN ('1', '2', '3')", name=op.f('ck_registry_entry_physical_documents')),
    sa.CheckConstraint("state IN ('registered', 'annulled')", name=op.f('ck_registry_entry_state')),
    sa.ForeignKeyConstraint(['entity_id', 'annulled_by'], ['official.entity_id', 'official.id'], name=op.f('fk_registry_entry_annulled_by_official')),
    sa.ForeignKeyConstraint(['entity_id', 'official_id'], ['official.entity_id', 'official.id'], name=op.f('fk_registry_entry_official_id_official')),
    sa.ForeignKeyConstraint(['entity_id', 'person_id'], ['person.entity_id', 'person.id'], name=op.f('fk_registry_entry_person_id_person')),
    sa.ForeignKeyConstraint(['entity_id', 'receipt_id'], ['document.entity_id', 'document.id'], name=op.f('fk_registry_entry_receipt_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'representative_id'], ['person.entity_id', 'person.id'], name=op.f('fk_registry_entry_representative_id_person')),
    sa.ForeignKeyConstraint(['entity_id', 'unit_id'], ['unit.entity_id', 'unit.id'], name=op.f('fk_registry_entry_unit_id_unit')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_registry_entry')),
    sa.UniqueConstraint('entity_id', 'book', 'office', 'year', 'number', name=op.f('uq_registry_entry_entity_id_book_office_year_number')),
    sa.UniqueConstraint('entity_id', 'code', name=op.f('uq_registry_entry_entity_id_code'))
    )
    op.create_index(op.f('ix_registry_entry_entity_id_expediente_id'), 'registry_entry', ['entity_id', 'expediente_id'], unique=False)
    op.create_index(op.f('ix_registry_entry_entity_id_person_id_presented_at'), 'registry_entry', ['entity_id', 'person_id', 'presented_at'], unique=False)
    op.create_index(op.f('ix_registry_entry_entity_id_presented_at'), 'registry_entry', ['entity_id', 'presented_at'], unique=False)
    op.create_index(op.f('ix_registry_entry_entity_id_representative_id_presented_at'), 'registry_entry', ['entity_id', 'representative_id', 'presented_at'], unique=False)
    op.create_index(op.f('ix_registry_entry_entity_id_unit_id_presented_at'), 'registry_entry', ['entity_id', 'unit_id', 'presented_at'], unique=False)
    op.create_table('secure_code',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('code_hash', sa.LargeBinary(), nullable=False),
    sa.Column('encrypted', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('active', 'withdrawn')", name=op.f('ck_secure_code_state')),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_secure_code_document_id_document')),
    sa.PrimaryKeyConstraint('entity_id', 'document_id', name=op.f('pk_secure_code')),
    sa.UniqueConstraint('entity_id', 'code_hash', name=op.f('uq_secure_code_entity_id_code_hash'))
    )
    op.create_table('signature_request',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('circuit_id', sa.UUID(), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('official_id', sa.UUID(), nullable=True),
    sa.Column('role', sa.Text(), nullable=True),
    sa.Column('unit_id', sa.UUID(), nullable=True),
    sa.Column('excluded_ids', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('seal_after', sa.Boolean(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.UUID(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('shown_sha256', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.CheckConstraint("state IN ('pending', 'signing', 'signed', 'refused', 'cancelled')", name=op.f('ck_signature_request_state')),
    sa.CheckConstraint('(official_id IS NULL) <> (role IS NULL)', name=op.f('ck_signature_request_one_signer')),
    sa.ForeignKeyConstraint(['entity_id', 'decided_by'], ['official.entity_id', 'official.id'], name=op.f('fk_signature_request_decided_by_official')),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_signature_request_document_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'official_id'], ['official.entity_id', 'official.id'], name=op.f('fk_signature_request_official_id_official')),
    sa.ForeignKeyConstraint(['entity_id', 'unit_id'], ['unit.entity_id', 'unit.id'], name=op.f('fk_signature_request_unit_id_unit')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_signature_request'))
    )
    op.create_index(op.f('ix_signature_request_entity_id_circuit_id_step'), 'signature_request', ['entity_id', 'circuit_id', 'step'], unique=False)
    op.create_index(op.f('ix_signature_request_entity_id_document_id'), 'signature_request', ['entity_id', 'document_id'], unique=False)
    op.create_index(op.f('ix_signature_request_entity_id_state_official_id'), 'signature_request', ['entity_id', 'state', 'official_id'], unique=False)
    op.create_index(op.f('ix_signature_request_entity_id_state_unit_id_role'), 'signature_request', ['entity_id', 'state', 'unit_id', 'role'], unique=False)
    op.create_table('substituted_work',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('work_item_id', sa.UUID(), nullable=False),
    sa.Column('instance_id', sa.UUID(), nullable=False),
    sa.Column('official_id', sa.UUID(), nullable=False),
    sa.Column('absent_id', sa.UUID(), nullable=False),
    sa.Column('absence_id', sa.UUID(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entity_id', 'absence_id'], ['absence.entity_id', 'absence.id'], name=op.f('fk_substituted_work_absence_id_absence')),
    sa.ForeignKeyConstraint(['entity_id', 'absent_id'], ['official.entity_id', 'official.id'], name=op.f('fk_substituted_work_absent_id_official')),
    sa.ForeignKeyConstraint(['entity_id', 'instance_id'], ['process_instance.entity_id', 'process_instance.id'], name=op.f('fk_substituted_work_instance_id_process_instance')),
    sa.ForeignKeyConstraint(['entity_id', 'official_id'], ['official.entity_id', 'official.id'], name=op.f('fk_substituted_work_official_id_official')),
    sa.ForeignKeyConstraint(['entity_id', 'work_item_id'], ['work_item.entity_id', 'work_item.id'], name=op.f('fk_substituted_work_work_item_id_work_item')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_substituted_work'))
    )
    op.create_index(op.f('ix_substituted_work_entity_id_instance_id'), 'substituted_work', ['entity_id', 'instance_id'], unique=False)
    op.create_index(op.f('ix_substituted_work_entity_id_work_item_id'), 'substituted_work', ['entity_id', 'work_item_id'], unique=False)
    op.create_table('document_signature',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('signer_name', sa.Text(), nullable=False),
    sa.Column('official_id', sa.UUID(), nullable=True),
    sa.Column('certificate', sa.Text(), nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('upgrade_pending', sa.Boolean(), nullable=False),
    sa.CheckConstraint("kind IN ('TF01', 'TF02', 'TF03', 'TF04', 'TF05', 'TF06')", name=op.f('ck_document_signature_kind')),
    sa.ForeignKeyConstraint(['entity_id', 'document_id', 'number'], ['document_version.entity_id', 'document_version.document_id', 'document_version.number'], name=op.f('fk_document_signature_document_id_document_version')),
    sa.ForeignKeyConstraint(['entity_id', 'official_id'], ['official.entity_id', 'official.id'], name=op.f('fk_document_signature_official_id_official')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_document_signature'))
    )
    op.create_index(op.f('ix_document_signature_entity_id_document_id'), 'document_signature', ['entity_id', 'document_id'], unique=False)
    op.create_index('ix_document_signature_entity_id_upgrade', 'document_signature', ['entity_id', 'signed_at'], unique=False, postgresql_where=sa.text('upgrade_pending'))
    op.create_table('expediente',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('eni_id', sa.Text(), nullable=False),
    sa.Column('procedure_key', sa.Text(), nullable=False),
    sa.Column('procedure_version', sa.Integer(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=True),
    sa.Column('representative_id', sa.UUID(), nullable=True),
    sa.Column('unit_id', sa.UUID(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('phase', sa.Text(), nullable=False),
    sa.Column('phase_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('entry_id', sa.UUID(), nullable=True),
    sa.Column('deadline_id', sa.UUID(), nullable=True),
    sa.Column('term_starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('silence_effect', sa.Text(), nullable=True),
    sa.Column('silence_article', sa.Text(), nullable=False),
    sa.Column('silence_reference', sa.Text(), nullable=True),
    sa.Column('communication_id', sa.UUID(), nullable=True),
    sa.Column('communicated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('communication_deadline_id', sa.UUID(), nullable=True),
    sa.Column('answers', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('search_text', sa.Text(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closing_reference', sa.Text(), nullable=True),
    sa.Column('index_asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('index_document_id', sa.UUID(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("outcome IN ('granted', 'denied', 'answered', 'not_ours', 'withdrawn', 'desisted', 'paid', 'rejected', 'archived', 'expired', 'inadmitted', 'fined')", name=op.f('ck_expediente_outcome')),
    sa.CheckConstraint("silence_effect IN ('positive', 'negative', 'expiry')", name=op.f('ck_expediente_silence_effect')),
    sa.CheckConstraint("state IN ('open', 'closed')", name=op.f('ck_expediente_state')),
    sa.ForeignKeyConstraint(['entity_id', 'communication_deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_expediente_communication_deadline_id_deadline')),
    sa.ForeignKeyConstraint(['entity_id', 'communication_id'], ['document.entity_id', 'document.id'], name=op.f('fk_expediente_communication_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_expediente_deadline_id_deadline')),
    sa.ForeignKeyConstraint(['entity_id', 'entry_id'], ['registry_entry.entity_id', 'registry_entry.id'], name=op.f('fk_expediente_entry_id_registry_entry')),
    sa.ForeignKeyConstraint(['entity_id', 'index_document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_expediente_index_document_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'person_id'], ['person.entity_id', 'person.id'], name=op.f('fk_expediente_person_id_person')),
    sa.ForeignKeyConstraint(['entity_id', 'representative_id'], ['person.entity_id', 'person.id'], name=op.f('fk_expediente_representative_id_person')),
    sa.ForeignKeyConstraint(['entity_id', 'unit_id'], ['unit.entity_id', 'unit.id'], name=op.f('fk_expediente_unit_id_unit')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_expediente')),
    sa.UniqueConstraint('entity_id', 'eni_id', name=op.f('uq_expediente_entity_id_eni_id')),
    sa.UniqueConstraint('entity_id', 'number', name=op.f('uq_expediente_entity_id_number'))
    )
    op.create_index('ix_expediente_communicating', 'expediente', ['entity_id', 'id'], unique=False, postgresql_where=sa.text('communication_id IS NOT NULL AND communicated_at IS NULL'))
    op.create_index(op.f('ix_expediente_entity_id_person_id_opened_at'), 'expediente', ['entity_id', 'person_id', 'opened_at'], unique=False)
    op.create_index(op.f('ix_expediente_entity_id_procedure_key_state'), 'expediente', ['entity_id', 'procedure_key', 'state'], unique=False)
    op.create_index(op.f('ix_expediente_entity_id_state_closed_at'), 'expediente', ['entity_id', 'state', 'closed_at'], unique=False)
    op.create_index(op.f('ix_expediente_entity_id_unit_id_state_opened_at'), 'expediente', ['entity_id', 'unit_id', 'state', 'opened_at'], unique=False)
    op.create_index('ix_expediente_entity_id_withdrawing', 'expediente', ['entity_id', 'phase_at'], unique=False, postgresql_where=sa.text("state = 'open' AND phase = 'withdrawing'"))
    op.create_index('ix_expediente_words', 'expediente', [sa.literal_column("to_tsvector('simple'::regconfig, search_text)")], unique=False, postgresql_using='gin')
    op.create_table('invoice_step',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('invoice_id', sa.UUID(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('step', sa.Text(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('official_id', sa.UUID(), nullable=True),
    sa.Column('capacity', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('previous_state', sa.Text(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('contract_id', sa.UUID(), nullable=True),
    sa.CheckConstraint("state IN ('pending_resolution', 'registered', 'linked', 'conformed', 'objected', 'controlled', 'recognised', 'ordered', 'paid', 'rejected')", name=op.f('ck_invoice_step_state')),
    sa.ForeignKeyConstraint(['entity_id', 'contract_id'], ['contract.entity_id', 'contract.id'], name=op.f('fk_invoice_step_contract_id_contract')),
    sa.ForeignKeyConstraint(['entity_id', 'invoice_id'], ['invoice.entity_id', 'invoice.id'], name=op.f('fk_invoice_step_invoice_id_invoice')),
    sa.ForeignKeyConstraint(['entity_id', 'official_id'], ['official.entity_id', 'official.id'], name=op.f('fk_invoice_step_official_id_official')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_invoice_step')),
    sa.UniqueConstraint('entity_id', 'invoice_id', 'position', name=op.f('uq_invoice_step_entity_id_invoice_id_position'))
    )
    op.create_table('notification',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=True),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('representative_id', sa.UUID(), nullable=True),
    sa.Column('unit_id', sa.UUID(), nullable=False),
    sa.Column('unit_name', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('channel_reason', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('prepared_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('available_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('entry_id', sa.UUID(), nullable=True),
    sa.Column('deadline_id', sa.UUID(), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.UUID(), nullable=True),
    sa.Column('closed_via', sa.Text(), nullable=True),
    sa.Column('announcement', sa.Text(), nullable=True),
    sa.Column('acknowledgement_id', sa.UUID(), nullable=True),
    sa.Column('availability_id', sa.UUID(), nullable=True),
    sa.Column('defect', sa.Text(), nullable=True),
    sa.Column('notice_sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('notice_failure', sa.Text(), nullable=True),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.CheckConstraint("channel IN ('electronic', 'paper')", name=op.f('ck_notification_channel')),
    sa.CheckConstraint("channel_reason IN ('obliged', 'chosen', 'not_electronic', 'not_convertible', 'first_of_office')", name=op.f('ck_notification_channel_reason')),
    sa.CheckConstraint("closed_via IN ('sede', 'post', 'office', 'gazette', 'dehu', 'conduct')", name=op.f('ck_notification_closed_via')),
    sa.CheckConstraint("state IN ('prepared', 'available', 'to_post', 'accepted', 'rejected', 'expired', 'delivered', 'undelivered', 'published')", name=op.f('ck_notification_state')),
    sa.ForeignKeyConstraint(['entity_id', 'acknowledgement_id'], ['document.entity_id', 'document.id'], name=op.f('fk_notification_acknowledgement_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'availability_id'], ['document.entity_id', 'document.id'], name=op.f('fk_notification_availability_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'closed_by'], ['person.entity_id', 'person.id'], name=op.f('fk_notification_closed_by_person')),
    sa.ForeignKeyConstraint(['entity_id', 'deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_notification_deadline_id_deadline')),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_notification_document_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'entry_id'], ['registry_entry.entity_id', 'registry_entry.id'], name=op.f('fk_notification_entry_id_registry_entry')),
    sa.ForeignKeyConstraint(['entity_id', 'person_id'], ['person.entity_id', 'person.id'], name=op.f('fk_notification_person_id_person')),
    sa.ForeignKeyConstraint(['entity_id', 'representative_id'], ['person.entity_id', 'person.id'], name=op.f('fk_notification_representative_id_person')),
    sa.ForeignKeyConstraint(['entity_id', 'unit_id'], ['unit.entity_id', 'unit.id'], name=op.f('fk_notification_unit_id_unit')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_notification'))
    )
    op.create_index(op.f('ix_notification_entity_id_expediente_id'), 'notification', ['entity_id', 'expediente_id'], unique=False)
    op.create_index(op.f('ix_notification_entity_id_person_id_available_at'), 'notification', ['entity_id', 'person_id', 'available_at'], unique=False)
    op.create_index(op.f('ix_notification_entity_id_state_available_at'), 'notification', ['entity_id', 'state', 'available_at'], unique=False)
    op.create_table('registry_attachment',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('entry_id', sa.UUID(), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.CheckConstraint("kind IN ('01', '02', '03')", name=op.f('ck_registry_attachment_kind')),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_registry_attachment_document_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'entry_id'], ['registry_entry.entity_id', 'registry_entry.id'], name=op.f('fk_registry_attachment_entry_id_registry_entry')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_registry_attachment')),
    sa.UniqueConstraint('entity_id', 'entry_id', 'position', name=op.f('uq_registry_attachment_entity_id_entry_id_position'))
    )
    op.create_index(op.f('ix_registry_attachment_entity_id_document_id'), 'registry_attachment', ['entity_id', 'document_id'], unique=False)
    op.create_table('draft',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('procedure_key', sa.Text(), nullable=False),
    sa.Column('procedure_version', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('answers', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('typed', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('filed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('entry_id', sa.UUID(), nullable=True),
    sa.Column('expediente_id', sa.UUID(), nullable=True),
    sa.CheckConstraint("state IN ('open', 'filed', 'discarded')", name=op.f('ck_draft_state')),
    sa.ForeignKeyConstraint(['entity_id', 'entry_id'], ['registry_entry.entity_id', 'registry_entry.id'], name=op.f('fk_draft_entry_id_registry_entry')),
    sa.ForeignKeyConstraint(['entity_id', 'expediente_id'], ['expediente.entity_id', 'expediente.id'], name=op.f('fk_draft_expediente_id_expediente')),
    sa.ForeignKeyConstraint(['entity_id', 'person_id'], ['person.entity_id', 'person.id'], name=op.f('fk_draft_person_id_person')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_draft'))
    )
    op.create_index(op.f('ix_draft_entity_id_person_id_state'), 'draft', ['entity_id', 'person_id', 'state'], unique=False)
    op.create_index(op.f('ix_draft_entity_id_state_updated_at'), 'draft', ['entity_id', 'state', 'updated_at'], unique=False)
    op.create_index('uq_draft_entity_id_person_id_procedure_key_open', 'draft', ['entity_id', 'person_id', 'procedure_key'], unique=True, postgresql_where=sa.text("state = 'open'"))
    op.create_table('expediente_folio',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('eni_sha256', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_expediente_folio_document_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'expediente_id'], ['expediente.entity_id', 'expediente.id'], name=op.f('fk_expediente_folio_expediente_id_expediente')),
    sa.PrimaryKeyConstraint('entity_id', 'expediente_id', 'position', name=op.f('pk_expediente_folio'))
    )
    op.create_table('expiry_warning',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('missing', sa.Text(), nullable=False),
    sa.Column('warned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('notified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deadline_id', sa.UUID(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('warned', 'counting', 'done', 'declared', 'notified')", name=op.f('ck_expiry_warning_state')),
    sa.ForeignKeyConstraint(['entity_id', 'deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_expiry_warning_deadline_id_deadline')),
    sa.ForeignKeyConstraint(['entity_id', 'expediente_id'], ['expediente.entity_id', 'expediente.id'], name=op.f('fk_expiry_warning_expediente_id_expediente')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_expiry_warning'))
    )
    op.create_index(op.f('ix_expiry_warning_entity_id_expediente_id'), 'expiry_warning', ['entity_id', 'expediente_id'], unique=False)
    op.create_index('ix_expiry_warning_standing', 'expiry_warning', ['entity_id', 'expediente_id'], unique=True, postgresql_where=sa.text("NOT (state IN ('done', 'notified'))"))
    op.create_table('notice',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=True),
    sa.Column('notification_id', sa.UUID(), nullable=True),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['entity_id', 'notification_id'], ['notification.entity_id', 'notification.id'], name=op.f('fk_notice_notification_id_notification')),
    sa.ForeignKeyConstraint(['entity_id', 'person_id'], ['person.entity_id', 'person.id'], name=op.f('fk_notice_person_id_person')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_notice')),
    sa.UniqueConstraint('entity_id', 'reference', 'person_id', name=op.f('uq_notice_entity_id_reference_person_id'))
    )
    op.create_index(op.f('ix_notice_entity_id_notification_id'), 'notice', ['entity_id', 'notification_id'], unique=False)
    op.create_index(op.f('ix_notice_entity_id_person_id_created_at'), 'notice', ['entity_id', 'person_id', 'created_at'], unique=False)
    op.create_table('notification_dispatch',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('notification_id', sa.UUID(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.Column('told_end', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('batch_id', sa.UUID(), nullable=True),
    sa.CheckConstraint("channel IN ('sede', 'post', 'dehu')", name=op.f('ck_notification_dispatch_channel')),
    sa.CheckConstraint("state IN ('pending', 'sent', 'at_disposal', 'cancelled', 'refused')", name=op.f('ck_notification_dispatch_state')),
    sa.ForeignKeyConstraint(['entity_id', 'notification_id'], ['notification.entity_id', 'notification.id'], name=op.f('fk_notification_dispatch_notification_id_notification')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_notification_dispatch')),
    sa.UniqueConstraint('entity_id', 'notification_id', 'channel', name=op.f('uq_notification_dispatch_entity_id_notification_id_channel'))
    )
    op.create_index(op.f('ix_notification_dispatch_entity_id_batch_id'), 'notification_dispatch', ['entity_id', 'batch_id'], unique=False)
    op.create_index(op.f('ix_notification_dispatch_entity_id_channel_state_created_at'), 'notification_dispatch', ['entity_id', 'channel', 'state', 'created_at'], unique=False)
    op.create_table('own_act',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('cause_id', sa.UUID(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('notified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dropped_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('simplified', 'expiry_warning', 'expiry')", name=op.f('ck_own_act_kind')),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_own_act_document_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'expediente_id'], ['expediente.entity_id', 'expediente.id'], name=op.f('fk_own_act_expediente_id_expediente')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_own_act'))
    )
    op.create_index(op.f('ix_own_act_entity_id_cause_id'), 'own_act', ['entity_id', 'cause_id'], unique=False)
    op.create_index(op.f('ix_own_act_entity_id_expediente_id'), 'own_act', ['entity_id', 'expediente_id'], unique=False)
    op.create_index('ix_own_act_waiting', 'own_act', ['entity_id', 'made_at'], unique=False, postgresql_where=sa.text('notified_at IS NULL AND dropped_at IS NULL'))
    op.create_table('postal_attempt',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('notification_id', sa.UUID(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('why_void', sa.Text(), nullable=True),
    sa.Column('official_id', sa.UUID(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("result IN ('delivered', 'rejected', 'absent', 'unknown')", name=op.f('ck_postal_attempt_result')),
    sa.ForeignKeyConstraint(['entity_id', 'notification_id'], ['notification.entity_id', 'notification.id'], name=op.f('fk_postal_attempt_notification_id_notification')),
    sa.ForeignKeyConstraint(['entity_id', 'official_id'], ['official.entity_id', 'official.id'], name=op.f('fk_postal_attempt_official_id_official')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_postal_attempt')),
    sa.UniqueConstraint('entity_id', 'notification_id', 'number', name=op.f('uq_postal_attempt_entity_id_notification_id_number'))
    )
    op.create_table('publication',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=True),
    sa.Column('document_id', sa.UUID(), nullable=True),
    sa.Column('notification_id', sa.UUID(), nullable=True),
    sa.Column('unit_id', sa.UUID(), nullable=False),
    sa.Column('unit_name', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('brief', sa.Boolean(), nullable=False),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('fixes_place', sa.Text(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('announcement', sa.Text(), nullable=True),
    sa.Column('proof_id', sa.UUID(), nullable=True),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.CheckConstraint("reason IN ('indeterminate', 'several', 'selective', 'public_interest', 'board')", name=op.f('ck_publication_reason')),
    sa.CheckConstraint("state IN ('pending', 'published')", name=op.f('ck_publication_state')),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_publication_document_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'notification_id'], ['notification.entity_id', 'notification.id'], name=op.f('fk_publication_notification_id_notification')),
    sa.ForeignKeyConstraint(['entity_id', 'proof_id'], ['document.entity_id', 'document.id'], name=op.f('fk_publication_proof_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'unit_id'], ['unit.entity_id', 'unit.id'], name=op.f('fk_publication_unit_id_unit')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_publication'))
    )
    op.create_index(op.f('ix_publication_entity_id_expediente_id'), 'publication', ['entity_id', 'expediente_id'], unique=False)
    op.create_index(op.f('ix_publication_entity_id_state_published_at'), 'publication', ['entity_id', 'state', 'published_at'], unique=False)
    op.create_table('silence',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=False),
    sa.Column('deadline_id', sa.UUID(), nullable=False),
    sa.Column('effect', sa.Text(), nullable=False),
    sa.Column('article', sa.Text(), nullable=False),
    sa.Column('fell_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('certificate_id', sa.UUID(), nullable=True),
    sa.Column('certificate_deadline_id', sa.UUID(), nullable=True),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('requested_by', sa.UUID(), nullable=True),
    sa.Column('request_entry_id', sa.UUID(), nullable=True),
    sa.Column('annulled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('annulled_why', sa.Text(), nullable=False),
    sa.CheckConstraint("effect IN ('positive', 'negative', 'expiry')", name=op.f('ck_silence_effect')),
    sa.ForeignKeyConstraint(['entity_id', 'certificate_deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_silence_certificate_deadline_id_deadline')),
    sa.ForeignKeyConstraint(['entity_id', 'certificate_id'], ['document.entity_id', 'document.id'], name=op.f('fk_silence_certificate_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'deadline_id'], ['deadline.entity_id', 'deadline.id'], name=op.f('fk_silence_deadline_id_deadline')),
    sa.ForeignKeyConstraint(['entity_id', 'expediente_id'], ['expediente.entity_id', 'expediente.id'], name=op.f('fk_silence_expediente_id_expediente')),
    sa.ForeignKeyConstraint(['entity_id', 'request_entry_id'], ['registry_entry.entity_id', 'registry_entry.id'], name=op.f('fk_silence_request_entry_id_registry_entry')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_silence'))
    )
    op.create_index(op.f('ix_silence_entity_id_issued_at'), 'silence', ['entity_id', 'issued_at'], unique=False)
    op.create_index('uq_silence_entity_id_expediente_id', 'silence', ['entity_id', 'expediente_id'], unique=True, postgresql_where=sa.text('annulled_at IS NULL'))
    op.create_table('simplification',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('expediente_id', sa.UUID(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('opposable', sa.Boolean(), nullable=False),
    sa.Column('agreed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('notified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ordinary', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.Text(), nullable=False),
    sa.Column('opposed', sa.Boolean(), nullable=False),
    sa.CheckConstraint("state IN ('agreed', 'running', 'ordinary')", name=op.f('ck_simplification_state')),
    sa.ForeignKeyConstraint(['entity_id', 'expediente_id'], ['expediente.entity_id', 'expediente.id'], name=op.f('fk_simplification_expediente_id_expediente')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_simplification'))
    )
    op.create_index(op.f('ix_simplification_entity_id_expediente_id'), 'simplification', ['entity_id', 'expediente_id'], unique=False)
    op.create_index('ix_simplification_standing', 'simplification', ['entity_id', 'expediente_id'], unique=True, postgresql_where=sa.text("state <> 'ordinary'"))
    op.create_table('draft_file',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('draft_id', sa.UUID(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('document_id', sa.UUID(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entity_id', 'document_id'], ['document.entity_id', 'document.id'], name=op.f('fk_draft_file_document_id_document')),
    sa.ForeignKeyConstraint(['entity_id', 'draft_id'], ['draft.entity_id', 'draft.id'], name=op.f('fk_draft_file_draft_id_draft')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_draft_file'))
    )
    op.create_index(op.f('ix_draft_file_entity_id_draft_id'), 'draft_file', ['entity_id', 'draft_id'], unique=False)
    op.create_table('notification_channel_event',
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('notification_id', sa.UUID(), nullable=False),
    sa.Column('dispatch_id', sa.UUID(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('external_reference', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('known_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ruling', sa.Text(), nullable=True),
    sa.Column('contradicted', sa.Boolean(), nullable=False),
    sa.CheckConstraint("channel IN ('sede', 'post', 'dehu')", name=op.f('ck_notification_channel_event_channel')),
    sa.CheckConstraint("kind IN ('available', 'accessed', 'rejected', 'expired', 'refused')", name=op.f('ck_notification_channel_event_kind')),
    sa.CheckConstraint("ruling IN ('ends', 'corrects', 'second', 'late', 'impossible')", name=op.f('ck_notification_channel_event_ruling')),
    sa.ForeignKeyConstraint(['entity_id', 'dispatch_id'], ['notification_dispatch.entity_id', 'notification_dispatch.id'], name=op.f('fk_notification_channel_event_dispatch_id_notification_dispatch')),
    sa.ForeignKeyConstraint(['entity_id', 'notification_id'], ['notification.entity_id', 'notification.id'], name=op.f('fk_notification_channel_event_notification_id_notification')),
    sa.PrimaryKeyConstraint('entity_id', 'id', name=op.f('pk_notification_channel_event')),
    sa.UniqueConstraint('entity_id', 'channel', 'external_reference', name=op.f('uq_notification_channel_event_entity_id_channel_external_reference'))
    )
    op.create_index(op.f('ix_notification_channel_event_entity_id_notification_id_at'), 'notification_channel_event', ['entity_id', 'notification_id', 'at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_notification_channel_event_entity_id_notification_id_at'), table_name='notification_channel_event')
    op.drop_table('notification_channel_event')
    op.drop_index(op.f('ix_draft_file_entity_id_draft_id'), table_name='draft_file')
    op.drop_table('draft_file')
    op.drop_index('ix_simplification_standing', table_name='simplification', postgresql_where=sa.text("state <> 'ordinary'"))
    op.drop_index(op.f('ix_simplification_entity_id_expediente_id'), table_name='simplification')
    op.drop_table('simplification')
    op.drop_index('uq_silence_entity_id_expediente_id', table_name='silence', postgresql_where=sa.text('annulled_at IS NULL'))
    op.drop_index(op.f('ix_silence_entity_id_issued_at'), table_name='silence')
    op.drop_table('silence')
    op.drop_index(op.f('ix_publication_entity_id_state_published_at'), table_name='publication')
    op.drop_index(op.f('ix_publication_entity_id_expediente_id'), table_name='publication')
    op.drop_table('publication')
    op.drop_table('postal_attempt')
    op.drop_index('ix_own_act_waiting', table_name='own_act', postgresql_where=sa.text('notified_at IS NULL AND dropped_at IS NULL'))
    op.drop_index(op.f('ix_own_act_entity_id_expediente_id'), table_name='own_act')
    op.drop_index(op.f('ix_own_act_entity_id_cause_id'), table_name='own_act')
    op.drop_table('own_act')
    op.drop_index(op.f('ix_notification_dispatch_entity_id_channel_state_created_at'), table_name='notification_dispatch')
    op.drop_index(op.f('ix_notification_dispatch_entity_id_batch_id'), table_name='notification_dispatch')
    op.drop_table('notification_dispatch')
    op.drop_index(op.f('ix_notice_entity_id_person_id_created_at'), table_name='notice')
    op.drop_index(op.f('ix_notice_entity_id_notification_id'), table_name='notice')
    op.drop_table('notice')
    op.drop_index('ix_expiry_warning_standing', table_name='expiry_warning', postgresql_where=sa.text("NOT (state IN ('done', 'notified'))"))
    op.drop_index(op.f('ix_expiry_warning_entity_id_expediente_id'), table_name='expiry_warning')
    op.drop_table('expiry_warning')
    op.drop_table('expediente_folio')
    op.drop_index('uq_draft_entity_id_person_id_procedure_key_open', table_name='draft', postgresql_where=sa.text("state = 'open'"))
    op.drop_index(op.f('ix_draft_entity_id_state_updated_at'), table_name='draft')
    op.drop_index(op.f('ix_draft_entity_id_person_id_state'), table_name='draft')
    op.drop_table('draft')
    op.drop_index(op.f('ix_registry_attachment_entity_id_document_id'), table_name='registry_attachment')
    op.drop_table('registry_attachment')
    op.drop_index(op.f('ix_notification_entity_id_state_available_at'), table_name='notification')
    op.drop_index(op.f('ix_notification_entity_id_person_id_available_at'), table_name='notification')
    op.drop_index(op.f('ix_notification_entity_id_expediente_id'), table_name='notification')
    op.drop_table('notification')
    op.drop_table('invoice_step')
    op.drop_index('ix_expediente_words', table_name='expediente', postgresql_using='gin')
    op.drop_index('ix_expediente_entity_id_withdrawing', table_name='expediente', postgresql_where=sa.text("state = 'open' AND phase = 'withdrawing'"))
    op.drop_index(op.f('ix_expediente_entity_id_unit_id_state_opened_at'), table_name='expediente')
    op.drop_index(op.f('ix_expediente_entity_id_state_closed_at'), table_name='expediente')
    op.drop_index(op.f('ix_expediente_entity_id_procedure_key_state'), table_name='expediente')
    op.drop_index(op.f('ix_expediente_entity_id_person_id_opened_at'), table_name='expediente')
    op.drop_index('ix_expediente_communicating', table_name='expediente', postgresql_where=sa.text('communication_id IS NOT NULL AND communicated_at IS NULL'))
    op.drop_table('expediente')
    op.drop_index('ix_document_signature_entity_id_upgrade', table_name='document_signature', postgresql_where=sa.text('upgrade_pending'))
    op.drop_index(op.f('ix_document_signature_entity_id_document_id'), table_name='document_signature')
    op.drop_table('document_signature')
    op.drop_index(op.f('ix_substituted_work_entity_id_work_item_id'), table_name='substituted_work')
    op.drop_index(op.f('ix_substituted_work_entity_id_instance_id'), table_name='substituted_work')
    op.drop_table('substituted_work')
    op.drop_index(op.f('ix_signature_request_entity_id_state_unit_id_role'), table_name='signature_request')
    op.drop_index(op.f('ix_signature_request_entity_id_state_official_id'), table_name='signature_request')
    op.drop_index(op.f('ix_signature_request_entity_id_document_id'), table_name='signature_request')
    op.drop_index(op.f('ix_signature_request_entity_id_circuit_id_step'), table_name='signature_request')
    op.drop_table('signature_request')
    op.drop_table('secure_code')
    op.drop_index(op.f('ix_registry_entry_entity_id_unit_id_presented_at'), table_name='registry_entry')
    op.drop_index(op.f('ix_registry_entry_entity_id_representative_id_presented_at'), table_name='registry_entry')
    op.drop_index(op.f('ix_registry_entry_entity_id_presented_at'), table_name='registry_entry')
    op.drop_index(op.f('ix_registry_entry_entity_id_person_id_presented_at'), table_name='registry_entry')
    op.drop_index(op.f('ix_registry_entry_entity_id_expediente_id'), table_name='registry_entry')
    op.drop_table('registry_entry')
    op.drop_index(op.f('ix_process_intervention_step_entity_id_instance_id'), table_name='process_intervention_step')
    op.drop_table('process_intervention_step')
    op.drop_index('uq_payment_attempt_entity_id_order_id_accepted', table_name='payment_attempt', postgresql_where=sa.text("state = 'accepted'"))
    op.drop_index(op.f('ix_payment_attempt_entity_id_state_started_at'), table_name='payment_attempt')
    op.drop_index(op.f('ix_payment_attempt_entity_id_order_id'), table_name='payment_attempt')
    op.drop_table('payment_attempt')
    op.drop_index(op.f('ix_migration_result_entity_id_run_id_chunk_outcome'), table_name='migration_result')
    op.drop_table('migration_result')
    op.drop_index('uq_invoice_live_invoice', table_name='invoice', postgresql_where=sa.text("state <> 'rejected'"))
    op.drop_index('uq_invoice_live_file', table_name='invoice', postgresql_where=sa.text("state <> 'rejected'"))
    op.drop_index(op.f('ix_invoice_entity_id_state_received_at'), table_name='invoice')
    op.drop_index(op.f('ix_invoice_entity_id_sha256'), table_name='invoice')
    op.drop_index(op.f('ix_invoice_entity_id_received_at_id'), table_name='invoice')
    op.drop_index(op.f('ix_invoice_entity_id_person_id_received_at'), table_name='invoice')
    op.drop_index(op.f('ix_invoice_entity_id_expediente_id'), table_name='invoice')
    op.drop_index(op.f('ix_invoice_entity_id_contract_id'), table_name='invoice')
    op.drop_table('invoice')
    op.drop_index(op.f('ix_document_version_entity_id_sha256'), table_name='document_version')
    op.drop_table('document_version')
    op.drop_index(op.f('ix_document_hold_entity_id_person_id'), table_name='document_hold')
    op.drop_table('document_hold')
    op.drop_table('document_attachment')
    op.drop_index(op.f('ix_contract_charge_entity_id_contract_id_state'), table_name='contract_charge')
    op.drop_table('contract_charge')
    op.drop_table('act_to_notify')
    op.drop_index('ix_work_item_term', table_name='work_item', postgresql_where=sa.text("state IN ('open', 'claimed') AND term_id IS NOT NULL"))
    op.drop_index('ix_work_item_open_owner', table_name='work_item', postgresql_where=sa.text("state IN ('open', 'claimed') AND owner_id IS NOT NULL"))
    op.drop_index('ix_work_item_open_due', table_name='work_item', postgresql_where=sa.text("state IN ('open', 'claimed')"))
    op.drop_index(op.f('ix_work_item_entity_id_state_unit_id_role'), table_name='work_item')
    op.drop_index(op.f('ix_work_item_entity_id_expediente_id'), table_name='work_item')
    op.drop_index(op.f('ix_work_item_entity_id_assignee_id_state'), table_name='work_item')
    op.drop_table('work_item')
    op.drop_index(op.f('ix_process_timer_entity_id_due_at'), table_name='process_timer', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index(op.f('ix_process_timer_entity_id_deadline_id'), table_name='process_timer', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_table('process_timer')
    op.drop_table('process_task')
    op.drop_index(op.f('ix_process_intervention_entity_id_state_ordered_at'), table_name='process_intervention')
    op.drop_table('process_intervention')
    op.drop_index(op.f('ix_process_incident_entity_id_resolved_at_at'), table_name='process_incident')
    op.drop_table('process_incident')
    op.drop_index(op.f('ix_process_held_cause_entity_id_instance_id_given_at'), table_name='process_held_cause')
    op.drop_table('process_held_cause')
    op.drop_table('process_datum')
    op.drop_table('procedure_file')
    op.drop_index(op.f('ix_print_batch_entity_id_created_at'), table_name='print_batch')
    op.drop_table('print_batch')
    op.drop_index(op.f('ix_power_entity_id_attorney_id'), table_name='power')
    op.drop_table('power')
    op.drop_table('post_assignment')
    op.drop_index(op.f('ix_payment_order_entity_id_person_id_state'), table_name='payment_order')
    op.drop_table('payment_order')
    op.drop_index(op.f('ix_migration_run_entity_id_plan_id_created_at'), table_name='migration_run')
    op.drop_table('migration_run')
    op.drop_index('ix_event_subscription_start', table_name='event_subscription', postgresql_where=sa.text('instance_id IS NULL'))
    op.drop_index(op.f('ix_event_subscription_entity_id_kind_name_signature_correlation'), table_name='event_subscription')
    op.drop_table('event_subscription')
    op.drop_index('ix_event_receipt_pending', table_name='event_receipt', postgresql_where=sa.text("state = 'pending'"))
    op.drop_table('event_receipt')
    op.drop_index('ix_document_title_words', table_name='document', postgresql_using='gin')
    op.drop_index(op.f('ix_document_entity_id_sha256'), table_name='document')
    op.drop_index(op.f('ix_document_entity_id_person_id'), table_name='document')
    op.drop_index(op.f('ix_document_entity_id_expediente_id'), table_name='document')
    op.drop_table('document')
    op.drop_index('ix_deadline_suspension_lifts', table_name='deadline_suspension', postgresql_where=sa.text('ended_at IS NULL AND lifts_at IS NOT NULL'))
    op.drop_index(op.f('ix_deadline_suspension_entity_id_deadline_id'), table_name='deadline_suspension')
    op.drop_table('deadline_suspension')
    op.drop_index(op.f('ix_deadline_extension_entity_id_reference'), table_name='deadline_extension')
    op.drop_index(op.f('ix_deadline_extension_entity_id_deadline_id'), table_name='deadline_extension')
    op.drop_table('deadline_extension')
    op.drop_index(op.f('ix_deadline_change_entity_id_reference'), table_name='deadline_change')
    op.drop_index(op.f('ix_deadline_change_entity_id_expediente_id'), table_name='deadline_change')
    op.drop_index(op.f('ix_deadline_change_entity_id_deadline_id'), table_name='deadline_change')
    op.drop_table('deadline_change')
    op.drop_index(op.f('ix_contract_entity_id_supplier_id_state'), table_name='contract')
    op.drop_index(op.f('ix_contract_entity_id_responsible_id'), table_name='contract')
    op.drop_table('contract')
    op.drop_table('checkpoint_stamp')
    op.drop_index(op.f('ix_calendar_year_entity_id_version'), table_name='calendar_year')
    op.drop_table('calendar_year')
    op.drop_table('calendar_day')
    op.drop_index(op.f('ix_absence_entity_id_substitute_id_ends_on'), table_name='absence')
    op.drop_index(op.f('ix_absence_entity_id_official_id_ends_on'), table_name='absence')
    op.drop_table('absence')
    op.drop_index(op.f('ix_web_session_entity_id_actor_id'), table_name='web_session')
    op.drop_table('web_session')
    op.drop_table('urgency')
    op.drop_table('unit')
    op.drop_index(op.f('ix_technical_incident_entity_id_declared_at'), table_name='technical_incident')
    op.drop_table('technical_incident')
    op.drop_index('ix_sent_event_open', table_name='sent_event', postgresql_where=sa.text("state IN ('waiting', 'held', 'ambiguous')"))
    op.drop_table('sent_event')
    op.drop_table('registry_counter')
    op.drop_table('process_payload')
    op.drop_table('process_model')
    op.drop_index(op.f('ix_process_instance_entity_id_expediente_id'), table_name='process_instance')
    op.drop_table('process_instance')
    op.drop_table('process_history')
    op.drop_table('procedure_version')
    op.drop_index(op.f('ix_person_entity_id_sort_key'), table_name='person')
    op.drop_table('person')
    op.drop_table('official')
    op.drop_index(op.f('ix_migration_plan_entity_id_definition_key_created_at'), table_name='migration_plan')
    op.drop_table('migration_plan')
    op.drop_index(op.f('ix_job_run_entity_id_state_started_at'), table_name='job_run')
    op.drop_table('job_run')
    op.drop_table('invoice_counter')
    op.drop_table('expediente_counter')
    op.drop_table('demo_clock')
    op.drop_index(op.f('ix_deadline_entity_id_state_due_at'), table_name='deadline')
    op.drop_index(op.f('ix_deadline_entity_id_expediente_id'), table_name='deadline')
    op.drop_table('deadline')
    op.drop_index('uq_certificate_active', table_name='certificate', postgresql_where=sa.text("state = 'active'"))
    op.drop_index(op.f('ix_certificate_entity_id_state_valid_to'), table_name='certificate')
    op.drop_table('certificate')
    op.drop_index(op.f('ix_calendar_edition_entity_id_calendar_proposed_at'), table_name='calendar_edition')
    op.drop_table('calendar_edition')
    op.drop_table('calendar')
    op.drop_table('audit_tile')
    op.drop_table('audit_personal_data')
    op.drop_table('audit_leaf')
    op.drop_index(op.f('ix_audit_event_entity_id_object_kind_object_id_at'), table_name='audit_event')
    op.drop_index(op.f('ix_audit_event_entity_id_expediente_id_at'), table_name='audit_event')
    op.drop_index(op.f('ix_audit_event_entity_id_at'), table_name='audit_event')
    op.drop_index(op.f('ix_audit_event_entity_id_actor_id_at'), table_name='audit_event')
    op.drop_table('audit_event')
    op.drop_table('audit_checkpoint')
