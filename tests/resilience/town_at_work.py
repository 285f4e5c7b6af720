"""What the killed processes do: a worker, and writers who file, register, and do the work that is there.

Run as a program it is the nursery: it has everything imported, and forks a process for each line of
its input, so that one that was killed is back in an instant.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from engine import worker
from engine.assembly import assemble, import_rooms
from engine.clock import madrid_date
from engine.documents.codes import DocumentKind, Origin
from engine.documents.operations import add_document
from engine.errors import TownHallError
from engine.ids import new_id
from engine.jobs import JOBS, JobInfo
from engine.logs import configure_logs
from engine.operation import OPERATIONS, Act, operation
from engine.people.queries import load_official_actor
from engine.registry.models import Book
from engine.registry.operations import enter
from engine.services import SERVICES, InstanceView, Wait
from engine.settings import load_settings
from engine.townhall import Call, TownHall
from engine.workflow import operations as workflow
from engine.workflow import queries

UNIT = "URB"
ROLE = "processor"

_PERSON = (
    '<userTask id="{id}" name="{id}"><extensionElements><spiffworkflow:properties>'
    f'<spiffworkflow:property name="role" value="{ROLE}"/>'
    f'<spiffworkflow:property name="unit" value="{UNIT}"/>'
    "</spiffworkflow:properties></extensionElements>"
    "<incoming>{came}</incoming><outgoing>{goes}</outgoing></userTask>"
)
_TIMER = "<timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition>"
MODEL = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'targetNamespace="https://andecha.example/tests"><process id="p" isExecutable="true">'
    '<startEvent id="start"><outgoing>f0</outgoing></startEvent>'
    '<serviceTask id="tell"><extensionElements>'
    '<spiffworkflow:serviceTaskOperator id="test/tell" resultVariable="told"/>'
    "</extensionElements><incoming>f0</incoming><outgoing>f1</outgoing></serviceTask>"
    + _PERSON.format(id="inform", came="f1", goes="f2")
    + '<intermediateCatchEvent id="wait"><incoming>f2</incoming><outgoing>f3</outgoing>'
    + _TIMER
    + "</intermediateCatchEvent>"
    # Done in its second, or not: whoever comes first, the person or the timer.
    + _PERSON.format(id="decide", came="f3", goes="f4")
    + '<boundaryEvent id="late" attachedToRef="decide"><outgoing>f5</outgoing>'
    + _TIMER
    + "</boundaryEvent>"
    + _PERSON.format(id="insist", came="f5", goes="f6")
    # Beside all that, a reminder that nobody has to do: the timer of an event subprocess.
    + '<subProcess id="remind" triggeredByEvent="true"><startEvent id="tick" isInterrupting="false">'
    + "<outgoing>r0</outgoing>"
    + _TIMER
    + '</startEvent><endEvent id="reminded"><incoming>r0</incoming></endEvent>'
    '<sequenceFlow id="r0" sourceRef="tick" targetRef="reminded"/></subProcess>'
    + '<endEvent id="end"><incoming>f4</incoming></endEvent>'
    '<endEvent id="end2"><incoming>f6</incoming></endEvent>'
    '<sequenceFlow id="f0" sourceRef="start" targetRef="tell"/>'
    '<sequenceFlow id="f1" sourceRef="tell" targetRef="inform"/>'
    '<sequenceFlow id="f2" sourceRef="inform" targetRef="wait"/>'
    '<sequenceFlow id="f3" sourceRef="wait" targetRef="decide"/>'
    '<sequenceFlow id="f4" sourceRef="decide" targetRef="end"/>'
    '<sequenceFlow id="f5" sourceRef="late" targetRef="insist"/>'
    '<sequenceFlow id="f6" sourceRef="insist" targetRef="end2"/></process></definitions>'
).encode()


@dataclass(frozen=True)
class Place:
    """Where the processes work: the folder of a test and its database.

    officials: one for each writer; stalled, reap: seconds after which a silent worker counts as dead,
    and between two looks for such.
    """

    folder: Path
    database_url: str
    officials: tuple[str, ...]
    person: str
    unit: str
    stalled: float
    reap: float

    @classmethod
    def read(cls, path: Path) -> Place:
        values = json.loads(path.read_text())
        return cls(Path(values.pop("folder")), officials=tuple(values.pop("officials")), **values)

    @property
    def no_more(self) -> Path:
        """There when writers begin nothing new and only finish what there is."""
        return self.folder / "no-more"


class Outside:
    """Another administration: told twice with the same key, it does it once and says it was told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "outside"
        self._folder.mkdir(exist_ok=True)

    def tell(self, key: str, reference: str) -> None:
        try:
            with (self._folder / key).open("x") as file:
                file.write(reference)
        except FileExistsError:
            _append(self._folder / "again.log", key)


def _append(path: Path, line: str) -> None:
    """One write, which is there whole or not at all, whatever happens to its process."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, f"{line}\n".encode())
    finally:
        os.close(handle)


def tell(act: Act, view: InstanceView) -> Wait:
    """Ask for the message; the process waits until it was received."""
    act.defer("test.tell", reference=view.reference)
    return Wait(view.reference)


def tell_outside(call: Call, *, reference: str) -> None:
    Outside(call.townhall.settings.data_dir.parent).tell(call.trace.job or "", reference)
    workflow.signalled(call, reference=reference, result={"received": True})


def slow(call: Call, *, name: str) -> None:
    """Tell who began it and when; unless it is told to go on, it never ends."""
    folder = call.townhall.settings.data_dir.parent
    _append(folder / "slow.log", f"{os.getpid()} {name} {time.time()}")
    while not (folder / f"{name}-may-end").exists():
        time.sleep(0.05)


@operation("test.file", permission="registry.enter")
def file(act: Act, *, person_id: UUID, unit_id: UUID, data: bytes) -> dict[str, Any]:
    """A document, its entry in the registry and its process, in one transaction."""
    document = add_document(
        act,
        title="Escrito",
        kind=DocumentKind.APPLICATION,
        origin=Origin.CITIZEN,
        media_type="text/plain",
        name="escrito.txt",
        data=data,
        person_id=person_id,
    )
    entry = enter(
        act,
        book=Book.ENTRY,
        subject="Escrito",
        unit_id=unit_id,
        person_id=person_id,
        documents=[document.id],
        receipt=False,
    )
    instance = workflow.start(
        act, definition_key="p", definition_version=1, model=MODEL, data={}, person_id=person_id
    )
    act.about("process_instance", instance.id)
    return {
        "kind": "filed",
        "instance": str(instance.id),
        "number": entry.number,
        "document": str(document.id),
    }


class Writer:
    """One who files and works, over and over, and writes down what was acknowledged."""

    def __init__(
        self, place: Place, townhall: TownHall, number: int, chance: random.Random
    ) -> None:
        self._place = place
        self._townhall = townhall
        self._chance = chance
        self._acknowledged = place.folder / f"writer-{number}.acknowledged"
        today = madrid_date(townhall.clock.now())
        with townhall.database.reading() as session:
            self._actor = load_official_actor(session, UUID(place.officials[number]), today)
        self._system = townhall.system("test")

    def work(self) -> None:
        while True:
            try:
                if self._place.no_more.exists() or self._chance.random() < 0.7:
                    self._do_something()
                else:
                    self._file()
            except TownHallError as error:
                # Somebody else was sooner: the person looks at the page and goes on.
                _append(self._place.folder / "refused.log", type(error).__name__)

    def _file(self) -> None:
        filed = file(
            self._system,
            person_id=UUID(self._place.person),
            unit_id=UUID(self._place.unit),
            data=f"{new_id()}\n".encode(),
        )
        _append(self._acknowledged, json.dumps(filed))

    def _do_something(self) -> None:
        with self._townhall.database.reading() as session:
            items = queries.inbox(session, self._actor, queries.Inbox.ALL, 20)
        if not items:
            time.sleep(0.1)
            return
        item = self._chance.choice(items)
        call, version = self._townhall.call(self._actor), item.version
        if item.assignee_id is None:
            workflow.claim(
                call, work_item_id=item.id, version=version, reason="Orden de la jefatura"
            )
            version += 1
        elif item.assignee_id != self._actor.id:
            return
        token = str(new_id())
        workflow.complete(call, work_item_id=item.id, data={"token": token}, version=version)
        done = {"kind": "done", "item": str(item.id), "by": str(self._actor.id), "token": token}
        _append(self._acknowledged, json.dumps(done))


def run(name: str, place: Place, seed: int) -> None:
    """Be a worker or a writer, until killed."""
    settings = replace(
        load_settings({"ANDECHA_ENV": "test"}),
        database_url=place.database_url,
        data_dir=place.folder / "data",
        secret_key=b"a secret only for tests, long enough",
    )
    townhall = assemble(settings)
    kind, _, number = name.partition("-")
    if kind == "worker":
        worker.STALLED_SECONDS, worker.REAP_SECONDS = place.stalled, place.reap
        worker.HEARTBEAT_SECONDS = place.stalled / 2.4
        worker.run_worker(townhall)
    else:
        Writer(place, townhall, int(number), random.Random(seed)).work()  # noqa: S311 - chance, not secrets


def nursery(place: Place) -> None:
    """Fork a process for each line: its name and its seed; answer with its id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        name, _, seed = line.strip().partition(" ")
        pid = os.fork()
        if pid == 0:
            _end_with_parent()
            os.dup2(2, 1)  # the standard output is for the ids alone
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                run(name, place, int(seed))
            except BaseException as error:
                _append(place.folder / "failed.log", f"{name}: {error!r}")
                raise
            finally:
                os._exit(1)
        print(pid, flush=True)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


# The lists of what the house offers are compared in the same process: nothing of a test is in them.
OPERATIONS.pop("test.file")


@contextmanager
def declared() -> Iterator[None]:
    """The service and the jobs are there inside the block."""
    handlers = {"test.tell": tell_outside, "test.slow": slow}
    SERVICES["test/tell"] = tell
    JOBS.update({name: JobInfo(name, handler, 10) for name, handler in handlers.items()})
    try:
        yield
    finally:
        del SERVICES["test/tell"]
        for name in handlers:
            del JOBS[name]


if __name__ == "__main__":
    import_rooms()
    configure_logs()
    with declared():
        nursery(Place.read(Path(sys.argv[1])))
