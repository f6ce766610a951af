"""A news article saved as plain text to blocks; also what keeps a page's furniture out of any article."""

import re
from collections.abc import Iterable

from index.blocks import Block

_FURNITURE = re.compile(
    r"""^\W*(
      (baca|simak|lihat|tonton)\s+(juga|pula)\b.*
    | (share|bagikan|sebarkan|copy\s+link|salin\s+tautan|tweet|facebook|twitter|whatsapp|telegram|line|email|x|print|cetak)
      ([\s,|/•·:]+(this|ke|di|artikel|berita|share|bagikan|copy\s+link|link|salin\s+tautan|facebook|twitter|whatsapp|telegram|line|email|x|print|cetak))*
    | (dibaca|dilihat|views?)\W*[\d.,]+\s*(rb|ribu|k|m|juta|kali|x|views?)?(\s*kali)?
    | [\d.,]+\s*(rb|ribu|k|m|juta)?\s*(views?|kali\s+(dibaca|dilihat)|x\s+dibaca|pembaca|komentar|comments?|suka|likes?|shares?)
    | advertisement|iklan|adv|sponsored|ad
    | (scroll|gulir|geser|lanjutkan\s+membaca|continue\s+reading)\b.{0,60}
    | (penulis|editor|reporter|pewarta|fotografer|foto|sumber\s+foto)\s*:.{0,80}
    | (tags?|topik|topik\s+terkait|kata\s+kunci)\s*:.*
    | (komentar|tulis\s+komentar|berita\s+terkait|artikel\s+terkait|terpopuler|terkini|rekomendasi.{0,30}|berita\s+lainnya|artikel\s+lainnya|trending)
    | (copyright|hak\s+cipta|©).*
    | (beranda|home|menu|masuk|login|daftar|cari|search|kembali\s+ke\s+atas)
    | (ikuti|follow|dapatkan|unduh|download)\b.{0,40}\b(google\s+news|whatsapp|telegram|aplikasi|kanal|channel)\b.{0,80}
    )\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
_MENU = re.compile(r"^(\s*[\w&-]+(\s[\w&-]+){0,2}\s*)([|•·›»/>]\s*[\w&-]+(\s[\w&-]+){0,2}\s*){2,}$")
_DATE = re.compile(
    r"^((senin|selasa|rabu|kamis|jumat|jum'at|sabtu|minggu)\s*,?\s*)?\d{1,2}([/.-]\d{1,2}[/.-]|\s+[a-z]{3,9}\s+)\d{2,4}"
    r"(\W+(pukul\s*)?\d{1,2}[.:]\d{2}(\s*(wib|wita|wit))?)?\W*$",
    re.IGNORECASE,
)
_ENDS_RELATED = re.compile(
    r"^\W*(berita terkait|artikel terkait|terpopuler|komentar|berita lainnya|artikel lainnya|rekomendasi.{0,30})\W*$",
    re.IGNORECASE,
)
_LIST_ITEM = re.compile(r"^\s*([-*•–]|\d{1,2}[.)]|[a-z][.)])\s+\S")


def parse(text: str) -> tuple[str, tuple[Block, ...]]:
    """Title (empty if none) and blocks of the plain ``text``."""
    paragraphs = list(_paragraphs(text))
    title = ""
    if len(paragraphs) > 1 and _is_heading(paragraphs[0]):
        title = paragraphs.pop(0)
    return title, tuple(_with_headings(paragraphs))


def is_furniture(line: str) -> bool:
    """Whether ``line`` is a page's furniture: a menu, share buttons, a counter, a link to other news."""
    return bool(_FURNITURE.match(line) or _MENU.match(line) or _DATE.match(line))


def without_furniture(lines: Iterable[str]) -> list[str]:
    """``lines`` without furniture and without the lists of other news that follow the article."""
    kept: list[str] = []
    for line in lines:
        if kept and _ENDS_RELATED.match(line):
            break
        if not is_furniture(line):
            kept.append(line)
    return kept


def _paragraphs(text: str) -> Iterable[str]:
    lines = without_furniture(line.strip() for line in text.split("\n"))
    if not _is_wrapped(lines):
        lines = [part for line in lines for part in (line, "")]
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line and not (paragraph and _LIST_ITEM.match(line)):
            paragraph.append(line)
        elif paragraph and line:
            paragraph[-1] += "\n" + line
        elif paragraph:
            yield " ".join(paragraph)
            paragraph = []


def _is_wrapped(lines: list[str]) -> bool:
    """Whether lines are parts of paragraphs: most that a line follows are long and end in no stop."""
    followed = [one for one, two in zip(lines, lines[1:], strict=False) if len(one) > 40 and two]
    open_ended = sum(one[-1] not in '.!?:”"' for one in followed)
    return bool(followed) and open_ended * 2 > len(followed)


def _is_heading(paragraph: str) -> bool:
    """Short, one line, without a final stop, and not a list item."""
    return (
        len(paragraph) <= 120
        and "\n" not in paragraph
        and paragraph[-1] not in '.,;:!”"'
        and not _LIST_ITEM.match(paragraph)
        and len(paragraph.split()) <= 16
    )


def _with_headings(paragraphs: list[str]) -> Iterable[Block]:
    heading: tuple[str, ...] = ()
    for number, paragraph in enumerate(paragraphs):
        if _is_heading(paragraph) and number + 1 < len(paragraphs):
            heading = (paragraph,)
        else:
            yield Block(paragraph, heading)
