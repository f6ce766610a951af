"""What kind of answer a question wants, and which of its words carry meaning."""

import re
from enum import StrEnum

from index.words import words


class Kind(StrEnum):
    """Kinds of questions by the answer they want."""

    DEFINITION = "definition"
    LIST = "list"
    WHY = "why"
    HOW = "how"
    PURPOSE = "purpose"
    COMPARISON = "comparison"
    WHO = "who"
    WHEN = "when"
    WHERE = "where"
    NUMBER = "number"
    YES_NO = "yes_no"
    OTHER = "other"


_PATTERNS: tuple[tuple[Kind, str], ...] = (
    (
        Kind.COMPARISON,
        r"\b(beda\w*|perbeda\w*|banding\w*|dibanding\w*|lebih \w+ (mana|dari)|mana yang lebih|kelebihan"
        r"|differ\w*|compar\w*|versus|vs)\b",
    ),
    (
        Kind.PURPOSE,
        r"\b(tujuan\w*|bertujuan|untuk apa|buat apa|guna\w* apa|apa guna\w*|fungsi\w*|agar apa|supaya apa"
        r"|purpose|aims?|goals?|what .* for)\b",
    ),
    (
        Kind.WHY,
        r"\b(mengapa|kenapa|sebab\w*|penyebab\w*|alasan\w*|gara|kanapa|why|reasons?|causes?)\b",
    ),
    (
        Kind.NUMBER,
        r"\b(berapa|brapa|seberapa|jumlah\w*|how (many|much|long|far|old|big|tall|wide|large|often|high|fast)"
        r"|harga\w*|biaya\w*|persen\w*|luas\w*|lama\w*|percentage)\b",
    ),
    (
        Kind.WHEN,
        r"\b(kapan|tanggal|tahun berapa|hari apa|bulan apa|jam berapa|pukul berapa|sejak|when|what (year|date|day)"
        r"|which year)\b",
    ),
    (
        Kind.WHO,
        r"\b(siapa\w*|sapa|oleh siapa|nama (ketua|kepala|tokoh|presiden|penulis|menteri)|who|whom|whose)\b",
    ),
    (
        Kind.LIST,
        r"\b(sebutkan|sebut|apa saja|apa sj|siapa saja|mana saja|contoh\w*|macam\w*|jenis\w*|daftar|syarat\w*"
        r"|isi\w*|ciri\w*|unsur\w*|manfaat\w*|bentuk\w*|langkah\w*|tahap\w*|name (the|all)|list|which ones"
        r"|what are|examples?)\b",
    ),
    (
        Kind.DEFINITION,
        r"\b(apa itu|apa yang dimaksud\w*|apakah yang dimaksud\w*|maksud\w*|pengertian|definisi|arti\w*"
        r"|dimaksud\w*|what does .* mean|what is meant|meaning|define|definition|itu apa|apa sih)\b",
    ),
    (Kind.HOW, r"\b(bagaimana|bagemana|cara\w*|proses\w*|how)\b"),
    (Kind.WHERE, r"\b(di mana|dimana|ke mana|dari mana|kemana|mana|lokasi\w*|tempat|where|letak\w*)\b"),
    (
        Kind.YES_NO,
        r"^(apakah|apa(kah)? (benar|boleh|bisa|ada|harus)|boleh\w*|bisa\w*|bolehkah|benarkah|adakah|haruskah"
        r"|is|are|was|were|do|does|did|can|could|has|have|may|must|should|will)\b"
        r"|\b(tidak|kah|bukan|ya)$",
    ),
    (Kind.DEFINITION, r"^what (is|are) (a|an|the)?\b"),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(pattern)) for kind, pattern in _PATTERNS)

FUNCTION_WORDS = frozenset(
    [
        "apa",
        "apakah",
        "siapa",
        "siapakah",
        "kapan",
        "mana",
        "dimana",
        "di",
        "ke",
        "dari",
        "mengapa",
        "kenapa",
        "bagaimana",
        "berapa",
        "sebutkan",
        "sebut",
        "jelaskan",
        "itu",
        "ini",
        "yang",
        "dan",
        "atau",
        "untuk",
        "dengan",
        "pada",
        "dalam",
        "oleh",
        "sebagai",
        "adalah",
        "ialah",
        "merupakan",
        "saja",
        "tolong",
        "kan",
        "kah",
        "lah",
        "pun",
        "ya",
        "sih",
        "ada",
        "bisa",
        "boleh",
        "akan",
        "telah",
        "sudah",
        "sedang",
        "para",
        "si",
        "sang",
        "tersebut",
        "dimaksud",
        "maksud",
        "maksudnya",
        "arti",
        "artinya",
        "tahu",
        "kasih",
        "jadi",
        "kalau",
        "buat",
        "nya",
        "saya",
        "aku",
        "kamu",
        "kita",
        "mau",
        "ingin",
        "tanya",
        "bang",
        "kak",
        "pak",
        "bu",
        "guru",
        "dong",
        "what",
        "who",
        "whom",
        "whose",
        "when",
        "where",
        "why",
        "how",
        "which",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "do",
        "does",
        "did",
        "the",
        "a",
        "an",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "and",
        "or",
        "that",
        "this",
        "these",
        "those",
        "it",
        "its",
        "as",
        "can",
        "could",
        "should",
        "would",
        "will",
        "may",
        "has",
        "have",
        "had",
        "many",
        "much",
        "there",
        "me",
        "tell",
        "please",
    ]
)
"""Words that say nothing of what a question is about."""


def kind_of(question: str) -> Kind:
    """The kind of answer that ``question`` wants.

    >>> kind_of("knp IJEPA ditandatangani?")
    <Kind.WHY: 'why'>
    """
    folded = " ".join(words(question))
    for kind, pattern in _COMPILED:
        if pattern.search(folded):
            return kind
    return Kind.OTHER


def content_words(question: str) -> list[str]:
    """The folded words of ``question`` that say what it is about, in order, each once."""
    return list(dict.fromkeys(word for word in words(question) if word not in FUNCTION_WORDS))
