"""Follow-up questions: what earlier questions a question hangs on."""

import re
from collections.abc import Sequence

from assistant.questions import Kind, content_words, kind_of
from assistant.smalltalk import smalltalk

BARE = 2
"""A question of so few content words hangs on earlier ones, unless it asks for a definition."""

SHORT = 4
"""So does one of so few content words with a sign that it goes on (both chosen on KelasChat's train
dialogues among 1 to 4 and 3 to 9)."""

LONGEST_EARLIER = 300
"""Characters of an earlier question that count."""

_GOES_ON = re.compile(
    r"^(kalau|kalo|klo|kl|terus|trs|trus|lalu|tapi|dan|yang|yg|kok|bedanya|lha|nek|and|what about|how about)\b"
    r"|\w{3,}nya\b"
    r"|(?<!apa )\bitu\b(?! apa)"
    r"|\b(tersebut|dia|mereka|tadi|begitu|gitu|keduanya|dong|it|its|they|their|them|he|his|she|her|that|this"
    r"|there)\b",
    re.IGNORECASE,
)


def hangs_on_earlier(question: str) -> bool:
    """Whether ``question`` is understood only from the ones before it.

    >>> [hangs_on_earlier(text) for text in ("Kapan ditandatangani?", "Kalau dengan Jepang?", "Apa itu hibah?")]
    [True, True, False]
    """
    count = len(content_words(question))
    if count <= BARE and kind_of(question) is not Kind.DEFINITION:
        return True
    return count <= SHORT and bool(_GOES_ON.search(question))


def earlier_questions(question: str, history: Sequence[str]) -> tuple[str, ...]:
    """The questions of ``history``, oldest first, that ``question`` hangs on: the last that stands alone,
    which names the topic, and the one just before; none if ``question`` stands alone."""
    asked = [text[:LONGEST_EARLIER] for text in history if text.strip() and smalltalk(text, "id") is None]
    if not asked or not hangs_on_earlier(question):
        return ()
    topic = next((text for text in reversed(asked) if not hangs_on_earlier(text)), asked[0])
    return tuple(dict.fromkeys([topic, asked[-1]]))
