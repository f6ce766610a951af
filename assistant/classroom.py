"""What one collection of documents has on a server, and what all collections of a server share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from assistant.asking import Assistant
from assistant.counts import OwnCounts
from assistant.crowd import Turns
from assistant.gate import Guesses
from assistant.guards import Allowance, Meter
from assistant.monitor import Monitor
from assistant.question_log import QuestionLog
from assistant.settings import Settings
from assistant.switch import Switch
from assistant.teacher import Desk
from index.encoder import Encoder
from index.errors import Language

if TYPE_CHECKING:
    from assistant.lti import Tool

MOST_SHEETS_WAITING = 16
"""Sheets of questions that wait to be made, about half a minute's worth."""


@dataclass(frozen=True)
class Public:
    """What others may do.

    :param origins: sites that may embed the chat and call the API from their pages.
    :param allowance: how much may be asked.
    :param lti: what learning platforms launch; without, none may.
    :param behind_proxy: whether a proxy tells by which address the server is asked.
    :param metrics: whether everybody may see the server's figures.
    :param limits: address of the Redis that counts questions for several servers; without, this process counts.
    """

    origins: tuple[str, ...] = ()
    allowance: Allowance = field(default_factory=Allowance)
    lti: "Tool | None" = None
    behind_proxy: bool = False
    metrics: bool = False
    limits: str = field(default="", repr=False)

    def meter(self) -> Meter:
        """What counts questions.

        :raises RedisError: if Redis is to count them and its package is not installed.
        """
        own = OwnCounts()
        if not self.limits:
            return Meter(self.allowance, own)
        from assistant.shared_counts import SharedCounts

        return Meter(self.allowance, SharedCounts(self.limits, own))


PUBLIC = Public()
"""No other site may embed the chat, and a minute's worth of questions is what a school asks."""


@dataclass(frozen=True)
class Teacher:
    """What the teacher's page needs.

    :param desk: the documents and the index.
    :param encoder: the model of the index.
    :param password: hash of the password; empty turns the page off.
    """

    desk: Desk
    encoder: Encoder
    password: str


@dataclass(frozen=True)
class Classroom:
    """What one collection of documents has on a server.

    :param now: gives the assistant to ask.
    :param language: that its pages open in.
    :param teacher: what the teacher's page needs; without, it is off.
    :param log: where questions are kept, if they are.
    :param public: what others may do with it.
    :param quiz: whether pupils may test themselves.
    :param root: the path below which its pages stand, without a slash at its end.
    :param title: of its chat, in place of the product's name.
    :param starters: questions to begin with; found among the documents if there are none.
    """

    now: Callable[[], Assistant]
    language: Language = "id"
    teacher: Teacher | None = None
    log: QuestionLog | None = None
    public: Public = PUBLIC
    quiz: Switch = field(default_factory=Switch)
    root: str = ""
    title: str = ""
    starters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Which of the workers of a server a process is.

    :param number: from 0 on, over all machines.
    :param count: how many there are, on all machines.
    :param here: which of this machine's it is, from 0 on.
    """

    number: int = 0
    count: int = 1
    here: int = 0

    @classmethod
    def of(cls, settings: Settings, here: int) -> Self:
        """The place of the worker ``here`` of this machine."""
        number = settings.replica * settings.workers + here
        return cls(number, settings.replicas * settings.workers, here)

    @property
    def prefix(self) -> str:
        """Where the pages of this worker find it again behind a proxy; empty if it is the only one."""
        return f"/w/{self.number}" if self.count > 1 else ""


ALONE = Place()
"""The only worker."""


@dataclass(frozen=True)
class House:
    """What the classrooms of a process share, so that limits are the server's and not each classroom's.

    :param monitor: counts what is done.
    :param meter: says whether somebody may ask.
    :param answering: in which questions take turns.
    :param making: in which sheets of questions do.
    :param guesses: wrong passwords.
    :param place: which of several workers the process is.
    """

    monitor: Monitor
    meter: Meter
    answering: Turns = field(default_factory=Turns)
    making: Turns = field(default_factory=lambda: Turns(at_once=1, most_waiting=MOST_SHEETS_WAITING))
    guesses: Guesses = field(default_factory=Guesses)
    place: Place = ALONE

    @classmethod
    def of(cls, room: Classroom, place: Place = ALONE) -> Self:
        """The house whose main room is ``room``."""
        return cls(Monitor(room.now), room.public.meter(), place=place)
