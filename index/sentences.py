"""Sentences of Indonesian text."""

import re

import sentencex

Span = tuple[int, int]
"""A half-open range of characters."""

ABBREVIATIONS = frozenset(
    [
        "a.l",
        "a.n",
        "a.s",
        "agt",
        "agu",
        "apr",
        "art",
        "ay",
        "bpk",
        "cet",
        "dept",
        "des",
        "dir",
        "dkk",
        "dlm",
        "dll",
        "dr",
        "dra",
        "drh",
        "drs",
        "dsb",
        "dsl",
        "dst",
        "e.g",
        "ed",
        "est",
        "feb",
        "fig",
        "gg",
        "gub",
        "h",
        "hal",
        "hj",
        "hlm",
        "i.e",
        "ir",
        "irjen",
        "jan",
        "jend",
        "jl",
        "jln",
        "jul",
        "jun",
        "kab",
        "kapt",
        "kec",
        "kel",
        "ket",
        "kol",
        "kom",
        "ko",
        "kompol",
        "komp",
        "lamp",
        "letjen",
        "ltd",
        "m",
        "mar",
        "mayjen",
        "mei",
        "mr",
        "mrs",
        "ms",
        "no",
        "nn",
        "nov",
        "ny",
        "okt",
        "op",
        "p",
        "pasal",
        "pdt",
        "ph",
        "pos",
        "prof",
        "prop",
        "prov",
        "ps",
        "pt",
        "pukul",
        "r",
        "rp",
        "s",
        "s.d",
        "sdr",
        "sep",
        "sept",
        "st",
        "sdri",
        "tbk",
        "tel",
        "telp",
        "tgl",
        "th",
        "tn",
        "tsb",
        "u.b",
        "u.p",
        "ust",
        "vol",
        "yth",
    ]
)
"""What stands before a full stop that ends no sentence, folded, without the last stop."""

_NEVER_LAST = ABBREVIATIONS - {
    "dll",
    "dsb",
    "dst",
    "dkk",
    "tbk",
    "tsb",
    "mei",
    "m",
    "pos",
    "pukul",
    "pasal",
    "p",
    "s",
}
_DEGREE = re.compile(r"^(S|M|A|B|D)\.[A-Z][A-Za-z]{0,4}(\.[A-Z][a-z]*)*$")
_LAST_WORD = re.compile(r"(\S+?)\.[\"”')\]]*\s*$")
_NUMBERING = re.compile(r"^\s*(\(?\d{1,2}|[a-z]|[ivx]+)[.)]\s*$")
_CLOSED = re.compile(r"[\"”’)\]»]+(\s|$|[,.;:])")


def sentence_spans(text: str) -> tuple[Span, ...]:
    """Half-open ranges of the sentences of ``text``, in order, without outer space.

    A line is never joined to the next. Together the ranges hold every character but space.
    """
    spans: list[Span] = []
    for start, end in _lines(text):
        spans.extend(_sentences_of_line(text, start, end))
    return tuple(spans)


def _lines(text: str) -> list[Span]:
    return [match.span() for match in re.finditer(r"[^\n]+", text) if match.group().strip()]


def _sentences_of_line(text: str, start: int, end: int) -> list[Span]:
    line = text[start:end]
    pieces: list[Span] = []
    place = 0
    for piece in sentencex.segment("id", line):
        at = line.find(piece, place)
        if at < 0 or not piece.strip():
            continue
        head, place = (place if pieces else 0), at + len(piece)
        if pieces and _continues(line[pieces[-1][0] : pieces[-1][1]], line[head:]):
            pieces[-1] = (pieces[-1][0], place)
        else:
            pieces.append((head, place))
    if pieces and line[place:].strip():
        pieces[-1] = (pieces[-1][0], len(line))
    return [_stripped(text, start + a, start + b) for a, b in pieces or [(0, len(line))]]


def _continues(before: str, after: str) -> bool:
    """Whether the sentence ``before`` goes on with ``after``."""
    following = after.lstrip()
    if not following or _CLOSED.match(following) or following[0].islower():
        return True
    if _NUMBERING.match(before):
        return True
    match = _LAST_WORD.search(before)
    if match is None:
        return False
    word = match.group(1).lstrip("(\"“'[")
    if (len(word) == 1 and word.isupper()) or re.fullmatch(r"([A-Z]\.)+[A-Z]", word):
        return True
    if _DEGREE.match(word + ".") or _DEGREE.match(word):
        return following[0] in ",;" or following[0].islower()
    if following[0].isdigit():
        return word.casefold() in ABBREVIATIONS
    return word.casefold() in _NEVER_LAST


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
