"""How a release comes to a fleet, group by group: state in, state out.

    course = judge(course, groups, tallies)         # stopped, on to the next group, done, or as it was
    may_tell(course, groups, tallies, index)        # whether one more till of a group may be told now

No till of a group is told before the group before it succeeded. When more tills of a group fail than may, the rollout
has stopped, and a stop is for good: what was stopped tells nobody anything. So of an image that fails everywhere, no
more is seen than the first group; of one that fails here and there, no more than may fail and are at work at once.
"""

from collections.abc import Sequence
from typing import NamedTuple

ASKED, RUNNING, PAUSED, STOPPED, DONE = "asked", "running", "paused", "stopped", "done"
TELLING = (RUNNING, DONE)  # who comes late is told by a rollout that is done


class Part(NamedTuple):
    """``number`` of tills, or per cent of them."""

    number: int
    percent: bool = False

    def down(self, tills: int) -> int:
        """How many of ``tills`` that is at most."""
        return tills * self.number // 100 if self.percent else min(self.number, tills)

    def up(self, tills: int) -> int:
        """How many of ``tills`` that is at least."""
        return -(-tills * self.number // 100) if self.percent else min(self.number, tills)


class Group(NamedTuple):
    """Succeeds when ``success`` of its tills are good; the rollout stops when more than ``errors`` failed. No more than
    ``at_once``, but always one, are told and have not confirmed yet."""

    name: str
    success: Part
    errors: Part
    at_once: Part


class Tally(NamedTuple):
    """How many tills a group has, how many are at work (told or on trial), good, failed, and ever ran the release."""

    tills: int = 0
    working: int = 0
    good: int = 0
    failed: int = 0
    tried: int = 0


class Course(NamedTuple):
    """``group`` is the index of the last group that was begun; ``why``, in words, why it stopped."""

    state: str = ASKED
    group: int = 0
    why: str = ""


def judge(course: Course, groups: Sequence[Group], tallies: Sequence[Tally]) -> Course:
    """What becomes of a rollout by how its tills fare."""
    if course.state in (ASKED, STOPPED):
        return course
    for group, tally in list(zip(groups, tallies, strict=True))[: course.group + 1]:
        if tally.failed > group.errors.down(tally.tills):
            return course._replace(state=STOPPED, why=_too_many(group, tally))
    while course.state == RUNNING:
        is_last = course.group == len(groups) - 1
        if not _succeeded(groups[course.group], tallies[course.group], is_last):
            break
        course = course._replace(state=DONE) if is_last else course._replace(group=course.group + 1)
    return course


def may_tell(course: Course, groups: Sequence[Group], tallies: Sequence[Tally], index: int) -> bool:
    """Whether a waiting till of the group ``index`` may be told to take the release."""
    tally = tallies[index]
    return is_begun(course, index) and tally.working < max(1, groups[index].at_once.up(tally.tills))


def is_begun(course: Course, index: int) -> bool:
    """Whether tills of the group ``index`` are told anything now."""
    return course.state in TELLING and index <= course.group


def _succeeded(group: Group, tally: Tally, is_last: bool) -> bool:
    """A group all of whose tills are gone has shown nothing; but nobody waits behind the last one."""
    return tally.good >= max(0 if is_last else 1, group.success.up(tally.tills))


def _too_many(group: Group, tally: Tally) -> str:
    return f"{tally.failed} of {tally.tills} tills of the group {group.name} failed"
