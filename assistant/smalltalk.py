"""Greetings and thanks, and the short replies to them."""

import re

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

_REPLIES: dict[Language, dict[str, str]] = {
    "id": {
        "greeting": "Halo! Saya Tanya. Ajukan pertanyaan, dan saya carikan kalimat yang menjawabnya di dokumen kelas ini.",
        "thanks": "Sama-sama! Silakan bertanya lagi tentang isi dokumen kelas ini.",
        "who": "Saya Tanya. Saya mencari kalimat di dokumen kelas yang menjawab pertanyaanmu dan menunjukkan sumbernya; saya tidak mengarang jawaban.",
        "bye": "Sampai jumpa! Selamat belajar.",
    },
    "en": {
        "greeting": "Hello! I am Tanya. Ask a question, and I will look for the sentence that answers it in this class's documents.",
        "thanks": "You are welcome! Ask me anything else about this class's documents.",
        "who": "I am Tanya. I find the sentences of the class's documents that answer your question and show their source; I never make an answer up.",
        "bye": "Goodbye, and happy studying!",
    },
}  # fmt: skip


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
