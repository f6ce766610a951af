"""Greetings and thanks, and the short replies to them."""

import re

from assistant.texts import texts_of
from index.errors import Language
from index.words import words

_GREETING = (
    r"(hai|halo|hallo|hello|hi|hey|hei|assalamualaikum|assalamu alaikum|permisi|salam|pagi|siang|sore|malam"
    r"|selamat (pagi|siang|sore|malam|datang)|good (morning|afternoon|evening)|apa kabar|how are you)"
)
_THANKS = r"(terima kasih|makasih|makasi|trims|trim|tengkyu|thanks|thank you|thx|tq|nuhun|matur nuwun)"
_WHO = r"((kamu|anda|tanya|ini) (ini )?(siapa|apa)|siapa (kamu|anda|namamu)|kamu bisa apa|bisa apa|who are you|what can you do)"
_BYE = r"(dadah|sampai jumpa|bye|goodbye|see you)"
_FILL = (
    r"(\s*(kak|bang|pak|bu|guru|semua|tanya|ya|banyak|bot|teman|min|gan|so much|very much|there|saja|kawan))*"
)
_PATTERNS = tuple(
    (kind, re.compile(rf"({pattern}{_FILL}\s*)+"))
    for kind, pattern in (
        ("greeting", _GREETING),
        ("thanks", _THANKS),
        ("who", _WHO),
        ("bye", _BYE),
    )
)

_REPLIES = texts_of("smalltalk")


def smalltalk(question: str, language: Language) -> str | None:
    """The reply to a greeting, thanks or farewell; None for a real question.

    >>> smalltalk("IJEPA itu apa?", "id") is None
    True
    """
    folded = " ".join(words(question))
    for kind, pattern in _PATTERNS:
        if pattern.fullmatch(folded):
            return _REPLIES[language][kind]
    return None
