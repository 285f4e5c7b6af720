"""What is known of finished jobs is forgotten after a while; what waits for a person is not."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, text

from engine.clock import FixedClock
from engine.jobs import JobRun, queue_of
from engine.townhall import TownHall
from engine.upkeep.duties import prune, when_to_prune
from engine.upkeep.retention import DONE_JOBS_KEPT


def ran(townhall: TownHall, job_id: int, state: str, ago: timedelta) -> None:
    at = townhall.clock.now() - ago
    with townhall.database.transaction() as session:
        session.add(
            JobRun(
                job_id=job_id,
                name="test.ran",
                arguments={},
                attempts=1,
                state=state,
                started_at=at,
                finished_at=at,
            )
        )


def known(townhall: TownHall) -> list[int]:
    with townhall.database.reading() as session:
        return list(session.scalars(select(JobRun.job_id).order_by(JobRun.job_id)))


def test_only_what_went_well_long_ago_is_forgotten(townhall: TownHall, clock: FixedClock) -> None:
    long_ago, lately = timedelta(days=40), timedelta(days=20)
    for job_id, (state, ago) in enumerate(
        [("done", long_ago), ("done", lately), ("dead", long_ago), ("waiting", long_ago)]
    ):
        ran(townhall, job_id, state, ago)
    with townhall.database.reading() as session:
        assert when_to_prune(townhall, session) == clock.now() - long_ago + DONE_JOBS_KEPT
    prune(townhall)
    assert known(townhall) == [1, 2, 3]
    with townhall.database.reading() as session:
        assert when_to_prune(townhall, session) == clock.now() - lately + DONE_JOBS_KEPT


def test_what_was_given_up_leaves_the_queue_and_stays_before_a_person(townhall: TownHall) -> None:
    ran(townhall, 1, "dead", timedelta(days=1))
    with townhall.database.transaction() as session:
        for job_id, status in ((1, "failed"), (2, "failed")):
            session.execute(
                text(
                    "INSERT INTO procrastinate_jobs (id, task_name, args, queue_name, status) "
                    "VALUES (:id, 'test.ran', '{}', :queue, CAST(:status AS procrastinate_job_status))"
                ),
                {"id": job_id, "queue": queue_of(townhall.settings.entity_id), "status": status},
            )
    prune(townhall)
    assert known(townhall) == [1]
    with townhall.database.reading() as session:
        assert list(session.scalars(text("SELECT id FROM procrastinate_jobs"))) == [2]
