"""The page about notifications: the diagram and the table of their states, from the code's own table."""

from __future__ import annotations

from pathlib import Path

from engine.notifications.models import TRANSITIONS, NotificationState

PAGE = Path(__file__).resolve().parent.parent / "docs" / "notifications.md"
S = NotificationState
WORDS = {
    S.PREPARED: ("Being prepared", "the act is not ready yet"),
    S.AVAILABLE: ("At disposal in the sede", "the ten natural days run (NOT-6)"),
    S.TO_POST: ("On paper, and at disposal in the sede", "a postman tries twice (NOT-12)"),
    S.UNDELIVERED: (
        "The paper could not be delivered",
        "the gazette's announcement waits (NOT-13)",
    ),
    S.ACCEPTED: ("Opened", "made at the instant of access, in whichever channel (NOT-6, NOT-8)"),
    S.REJECTED: ("Rejected", "the step is done and the procedure goes on"),
    S.EXPIRED: (
        "Nobody opened it in ten days",
        "it counts as rejected, at the last instant (NOT-6)",
    ),
    S.DELIVERED: ("Handed over", "on paper at home or in the assistance office"),
    S.PUBLISHED: ("Announced in the gazette", "made by the publication (NOT-13)"),
}
_HEAD = """# Notifications

Made by `make docs` from `engine/notifications/models.py`: what the diagram shows is what the code allows.

## States
```mermaid
stateDiagram-v2
    [*] --> prepared
"""
_TAIL = """
Of two ends the one that happened first counts, in whatever channel it was and whenever the town comes to
know of it (art. 41.7 of Ley 39/2015, NOT-4): a state with `[*]` may still be mended by an earlier end, with
its date, its term and a new acknowledgement ([0004](decisions/0004-the-first-end-of-a-notification.md)). A
defective one takes effect when the person acts knowing the act (art. 40.3, NOT-2). An act may be published
instead (NOT-15): it is `pending` until its gazette has a number, and at once on the sede's board.

## Channels
One interface, `engine/notifications/adapters/`: `send`, `end`, `collect`, `settle`. `channels` under
`[notifications]` of town.toml says which a town uses; without it, the sede and the post.
| channel | takes | how |
|---|---|---|
| `sede` | everything | the pages themselves |
| `post` | what goes on paper | a print queue: batches as one PDF and a CSV that comes back with the results, line by line, any number of times |
| `dehu` | what is electronic | a folder of files, `dehu/` in the data folder, that a connector of the town exchanges with the State's address |

What is outside is called by a job with the dispatch's id as its key, never inside a transaction. What comes
back is an operation, once by its reference: `notification_channel_event` has it with its ruling (`ends`,
`corrects`, `second`, `late`, `impossible`). When a notification ends, the other channels are told. The
DEHú's own count of the ten days ends nothing: the town's term does.

The folder's files are JSON, described in `engine/notifications/adapters/dehu.py`. Whoever can write in it can
end notifications: give it to the connector alone. In demonstrations `/simuladores/dehu` plays the other side:
late, twice, against itself, or silent.

## What proves each step
| step | proof |
|---|---|
| at disposal | the exit in the registry and its event in the record; of a resolution, besides, a sealed document, since that alone meets the maximum term (art. 43.3), and on paper the first attempt (art. 40.4) |
| notices, attempts, other channels, end | one sealed acknowledgement in the expediente (art. 42.3 of RD 203/2021); another one when the end is mended |
| publication | a sealed document with the text, the place and the day |
| an act that nobody notified | after a day, its term of ten business days (art. 40.2, NOT-1) and a warning to the office |
"""


def page() -> str:
    """The page's text."""
    lines = [_HEAD.rstrip("\n")]
    for state, following in TRANSITIONS.items():
        lines += [f"    {state.value} --> {item.value}" for item in sorted(following)]
        if not following:
            lines.append(f"    {state.value} --> [*]")
    lines += ["```", "", "| state | in plain words | what it means |", "|---|---|---|"]
    for state in TRANSITIONS:
        name, meaning = WORDS[state]
        lines.append(f"| `{state.value}` | {name} | {meaning} |")
    return "\n".join(lines) + "\n" + _TAIL
