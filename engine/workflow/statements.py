"""The SQL of a transition, written by hand: it is what the speed of the whole town hall rests on.

Rows travel as one JSON array for each table, so that a step of any size is one statement.
"""

from __future__ import annotations

_TASK_COLUMNS = (
    "id, parent, inside, position, spec, element, state, triggered, added, removed, internal"
)
_TASK_TYPES = (
    "id uuid, parent uuid, inside uuid, position int, spec text, element text, state int, "
    "triggered boolean, added jsonb, removed jsonb, internal jsonb"
)
_OF_INSTANCE = "entity_id = %(entity)s AND instance_id = %(instance)s"

TASKS = f"SELECT {_TASK_COLUMNS} FROM process_task WHERE {_OF_INSTANCE}"
HISTORY = (
    f"SELECT {_TASK_COLUMNS} FROM process_history WHERE {_OF_INSTANCE} ORDER BY version, sequence"
)
DATA = f"SELECT scope, key, value FROM process_datum WHERE {_OF_INSTANCE}"
PAYLOADS = (
    "SELECT sha256, value FROM process_payload "
    "WHERE entity_id = %(entity)s AND sha256 = ANY(%(hashes)s)"
)

_BORN = """
moved AS (
  INSERT INTO process_instance (entity_id, id, definition_key, definition_version, model_sha256,
    expediente_id, person_id, state, version, header, started_at, ended_at)
  VALUES (%(entity)s, %(instance)s, %(definition_key)s, %(definition_version)s, %(model_sha256)s,
    %(expediente_id)s, %(person_id)s, %(state)s, %(version)s + 1, %(header)s::jsonb, %(started_at)s,
    %(ended_at)s)
  RETURNING id)"""
_MOVED = """
moved AS (
  UPDATE process_instance
  SET state = %(state)s, version = version + 1, header = %(header)s::jsonb, ended_at = %(ended_at)s
  WHERE entity_id = %(entity)s AND id = %(instance)s AND version = %(version)s
  RETURNING id)"""

LISTS = frozenset(["removed", "dropped", "done"])
"""The parts whose rows are ids, not JSON."""

_PARTS = {
    "removed": f"""
removed AS (DELETE FROM process_task WHERE {_OF_INSTANCE} AND id = ANY(%(removed)s))""",
    "written": f"""
written AS (
  INSERT INTO process_task (entity_id, instance_id, {_TASK_COLUMNS}, changed_at)
  SELECT %(entity)s::int, %(instance)s::uuid, {_TASK_COLUMNS}, %(now)s::timestamptz
  FROM jsonb_to_recordset(%(written)s::jsonb) AS row({_TASK_TYPES})
  ON CONFLICT (entity_id, instance_id, id) DO UPDATE SET (parent, inside, position, spec, element,
    state, triggered, added, removed, internal, changed_at) = (excluded.parent, excluded.inside,
    excluded.position, excluded.spec, excluded.element, excluded.state, excluded.triggered,
    excluded.added, excluded.removed, excluded.internal, excluded.changed_at))""",
    "ended": f"""
ended AS (
  INSERT INTO process_history (entity_id, instance_id, version, sequence, {_TASK_COLUMNS}, at, by)
  SELECT %(entity)s::int, %(instance)s::uuid, %(version)s::int + 1, sequence, {_TASK_COLUMNS}, %(now)s::timestamptz, %(by)s::uuid
  FROM jsonb_to_recordset(%(ended)s::jsonb) AS row(sequence int, {_TASK_TYPES}))""",
    "dropped": f"""
dropped AS (DELETE FROM process_datum WHERE {_OF_INSTANCE} AND scope = ANY(%(dropped)s)
  AND NOT (scope, key) IN (SELECT scope, key FROM
    jsonb_to_recordset(%(data)s::jsonb) AS row(scope uuid, key text)))""",
    "data": """
data AS (
  INSERT INTO process_datum (entity_id, instance_id, scope, key, value)
  SELECT %(entity)s::int, %(instance)s::uuid, scope, key, value
  FROM jsonb_to_recordset(%(data)s::jsonb) AS row(scope uuid, key text, value jsonb)
  ON CONFLICT (entity_id, instance_id, scope, key) DO UPDATE SET value = excluded.value)""",
    "payloads": """
payloads AS (
  INSERT INTO process_payload (entity_id, sha256, value)
  SELECT %(entity)s::int, sha256, value
  FROM jsonb_to_recordset(%(payloads)s::jsonb) AS row(sha256 text, value text)
  ON CONFLICT DO NOTHING)""",
    "done": """
done AS (
  UPDATE work_item SET state = 'done', completed_at = %(now)s, completed_by = %(by)s,
    version = version + 1
  WHERE entity_id = %(entity)s AND id = ANY(%(done)s))""",
    "new_items": """
new_items AS (
  INSERT INTO work_item (entity_id, id, instance_id, task_id, element, title, kind, form, phase,
    expediente_id, person_id, unit_id, role, excluded, candidates, assignee_id, fixed, priority,
    state, created_at, due_at, follow_up_at, deadline_id, term_id, version)
  SELECT %(entity)s::int, id, %(instance)s::uuid, task_id, element, title, kind, form, phase, expediente_id,
    person_id, unit_id, role, excluded, candidates, assignee_id, fixed, priority, state, %(now)s::timestamptz,
    due_at, follow_up_at, deadline_id, term_id, 1
  FROM jsonb_to_recordset(%(new_items)s::jsonb) AS row(id uuid, task_id uuid, element text,
    title text, kind text, form text, phase text, expediente_id uuid, person_id uuid, unit_id uuid,
    role text, excluded jsonb, candidates jsonb, assignee_id uuid, fixed boolean, priority int,
    state text, due_at timestamptz, follow_up_at timestamptz, deadline_id uuid,
    term_id uuid))""",
    "new_timers": """
new_timers AS (
  INSERT INTO process_timer (entity_id, id, instance_id, task_id, element, due_at, deadline_id, state)
  SELECT %(entity)s::int, id, %(instance)s::uuid, task_id, element, due_at, deadline_id, 'waiting'
  FROM jsonb_to_recordset(%(new_timers)s::jsonb) AS row(id uuid, task_id uuid, element text,
    due_at timestamptz, deadline_id uuid)
  ON CONFLICT (entity_id, instance_id, task_id) DO UPDATE
    SET due_at = excluded.due_at, deadline_id = excluded.deadline_id, state = 'waiting')""",
}


ANSWER = "SELECT count(*) AS moved FROM moved"


def steps(fresh: bool, parts: tuple[str, ...]) -> str:
    """The WITH of a transition that leaves these parts; ANSWER tells how many instances moved."""
    return ",".join([_BORN if fresh else _MOVED, *(_PARTS[part] for part in parts)])


LOCKED_WORK = """
SELECT i.entity_id AS i_entity_id, i.id AS i_id, i.definition_key AS i_definition_key,
  i.definition_version AS i_definition_version, i.model_sha256 AS i_model_sha256,
  i.expediente_id AS i_expediente_id, i.person_id AS i_person_id, i.state AS i_state,
  i.version AS i_version, i.header AS i_header, i.started_at AS i_started_at,
  i.ended_at AS i_ended_at, w.*,
  (SELECT seen.version FROM process_instance seen
    WHERE seen.entity_id = i.entity_id AND seen.id = i.id) AS seen_version,
  (SELECT jsonb_agg(task) FROM process_task task
    WHERE task.entity_id = i.entity_id AND task.instance_id = i.id) AS tasks
FROM process_instance i JOIN work_item w ON w.entity_id = i.entity_id AND w.instance_id = i.id
WHERE w.entity_id = %(entity)s AND w.id = %(item)s
FOR UPDATE"""
"""An instance and one of its work items, locked in this order, as every transition locks them, with the
tasks that a step needs. Those are of the statement's beginning, and so is `seen_version`: whoever waited
for the lock meanwhile sees that the locked version is another."""

CLOSED_ITEMS = f"""
UPDATE work_item SET state = 'cancelled', completed_at = %(now)s, version = version + 1
WHERE {_OF_INSTANCE} AND task_id = ANY(%(tasks)s) AND state IN ('open', 'claimed')
RETURNING deadline_id"""
CLOSED_TIMERS = f"""
UPDATE process_timer SET state = 'cancelled'
WHERE {_OF_INSTANCE} AND task_id = ANY(%(tasks)s) AND state = 'waiting'
RETURNING deadline_id"""
STANDING_TIMERS = f"""
SELECT task_id, due_at, deadline_id, state FROM process_timer
WHERE {_OF_INSTANCE} AND (state = 'waiting' OR task_id = ANY(%(tasks)s))"""
FOLLOWING_TERMS = """
UPDATE work_item w SET due_at = CASE WHEN d.state = 'suspended' THEN NULL ELSE d.due_at END
FROM deadline d
WHERE d.entity_id = %(entity)s AND d.id = ANY(%(deadlines)s) AND d.state IN ('open', 'suspended')
  AND w.entity_id = d.entity_id AND w.term_id = d.id AND w.state IN ('open', 'claimed')
  AND w.due_at IS DISTINCT FROM CASE WHEN d.state = 'suspended' THEN NULL ELSE d.due_at END
RETURNING w.id"""
"""Its version stays: nobody who has the work open on a screen has to begin again."""
DONE_ITEM = """
UPDATE work_item SET state = 'done', completed_at = %(now)s, completed_by = %(by)s,
  version = version + 1
WHERE entity_id = %(entity)s AND id = ANY(%(done)s)"""
