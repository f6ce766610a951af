"""HTML to blocks, by way of trafilatura."""

from collections.abc import Iterator
from typing import Any

from index.article import without_furniture
from index.documents import Block


def parse(text: str) -> tuple[str, tuple[Block, ...]]:
    """Title (empty if none) and blocks of the HTML ``text``."""
    from trafilatura import bare_extraction

    found: Any = bare_extraction(
        text, include_comments=False, include_tables=True, include_formatting=False,
        favor_recall=True, with_metadata=False,
    )  # fmt: skip
    if found is None or found.body is None:
        return "", ()
    title = " ".join((_heading(text) or found.title or "").split())
    return title, tuple(_blocks(found.body, title))


def _heading(text: str) -> str:
    """The only first-level heading of a page, which is its title more surely than its metadata."""
    from trafilatura import load_html

    tree = load_html(text)
    headings = [] if tree is None else tree.xpath("//h1")
    return headings[0].text_content() if len(headings) == 1 else ""


def _blocks(body: Any, title: str) -> Iterator[Block]:
    headings: list[tuple[int, str]] = []
    lines: dict[int, str] = {}
    elements = list(body)
    for number, element in enumerate(elements):
        lines[number] = _text(element)
    kept = iter(without_furniture(lines.values()))
    following = next(kept, None)
    for number, element in enumerate(elements):
        if following is None or lines[number] != following:
            continue
        text, following = lines[number], next(kept, None)
        if element.tag == "head":
            level = int((element.get("rend") or "h2")[-1])
            if text != title:
                headings = [(n, h) for n, h in headings if n < level] + [(level, text)]
        elif text and text != title:
            yield Block(text, tuple(words for _, words in headings))


def _text(element: Any) -> str:
    if element.tag == "list":
        items = (" ".join("".join(item.itertext()).split()) for item in element.iter("item"))
        return "\n".join(f"- {item}" for item in items if item)
    if element.tag == "table":
        rows = (
            [" ".join("".join(c.itertext()).split()) for c in row.iter("cell")] for row in element.iter("row")
        )
        return "\n".join(" | ".join(row) for row in rows)
    return " ".join("".join(element.itertext()).split())
