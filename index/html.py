"""HTML to blocks, by way of trafilatura."""

from collections.abc import Iterator
from typing import Any

from index.article import without_furniture
from index.blocks import Block

HEADLINE_WORDS = 4
"""Words of a link from which on it can be a headline."""

MOST_HEADLINES = 5
"""So many headlines, and :data:`HEADLINE_SHARE` of the text, make a page an index of others."""

HEADLINE_SHARE = 0.3

_LISTS = ("ul", "ol", "menu")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class HeadlinesOnlyError(Exception):
    """A page holds only the headlines of others."""


def parse(text: str) -> tuple[str, tuple[Block, ...]]:
    """Title (empty if none) and blocks of the HTML ``text``.

    :raises HeadlinesOnlyError: if it is only an index of other pages.
    """
    from trafilatura import bare_extraction, load_html

    tree = load_html(text)
    if tree is None:
        return "", ()
    heading = _heading(tree)
    links = {_words(link.text_content()) for link in tree.iter("a")}
    _repair_lists(tree)
    found: Any = bare_extraction(
        tree, include_comments=False, include_tables=True, include_formatting=False,
        favor_recall=True, with_metadata=False,
    )  # fmt: skip
    if found is None or found.body is None:
        return "", ()
    parts = _parts(found.body, tree)
    if _only_headlines(links, [text for _, text in parts]):
        raise HeadlinesOnlyError
    title = heading or _words(found.title or "")
    return title, tuple(_blocks(parts, title))


def _only_headlines(links: set[str], parts: list[str]) -> bool:
    """Whether most of ``parts`` are headlines, which are links, or the beginnings of what they lead to."""
    headlines = [link for link in links if len(link.split()) >= HEADLINE_WORDS]
    text = "\n".join(map(_words, parts))
    shown = sum(len(link) for link in headlines if link in text)
    begun = sum(len(part) for part in parts if part.endswith(("...", "…")))
    return len(headlines) >= MOST_HEADLINES and shown + begun >= HEADLINE_SHARE * len(text)


def _heading(tree: Any) -> str:
    """The only first-level heading of a page, which is its title more surely than its metadata."""
    headings = tree.xpath("//h1")
    return _words(headings[0].text_content()) if len(headings) == 1 else ""


def _repair_lists(tree: Any) -> None:
    """Give every list the form that trafilatura keeps whole: items directly below their list, lists in items after
    them, no links where a list completes a sentence."""
    from lxml import etree, html

    etree.strip_elements(tree, "script", "style", "template", "noscript", etree.Comment, with_tail=False)
    for stray in tree.xpath("//li[not(ancestor::ul or ancestor::ol or ancestor::menu)]"):
        parent, before = stray.getparent(), stray.getprevious()
        if before is None or before.get("data-tanya") is None:
            before = html.Element("ul", {"data-tanya": ""})
            parent.insert(parent.index(stray), before)
        before.append(stray)
    for wrapper in dict.fromkeys(wrapper for item in tree.iter("li") for wrapper in _wrappers(item)):
        wrapper.drop_tag()
    for found in list(tree.iter(*_LISTS)):
        for item in found.iterchildren("*"):
            item.tag = "li"
    for inner in tree.xpath("//li//ul | //li//ol | //li//menu"):
        outer = next(element for element in inner.iterancestors("li"))
        for item in reversed(list(inner.iterchildren("li"))):
            outer.addnext(item)
        inner.drop_tag()
    for found in tree.iter(*_LISTS):
        before = found.getprevious()
        if before is not None and before.text_content().rstrip().endswith(":"):
            etree.strip_tags(found, "a")


def _wrappers(item: Any) -> list[Any]:
    """What stands between ``item`` and its list, and lists around that list without an item between them."""
    wrappers: list[Any] = []
    lists: list[Any] = []
    for ancestor in item.iterancestors():
        if ancestor.tag == "li":
            break
        if ancestor.tag in _LISTS:
            wrappers += lists
            lists = [ancestor]
        elif ancestor.xpath("boolean(ancestor::ul or ancestor::ol or ancestor::menu)"):
            wrappers.append(ancestor)
        else:
            break
    return wrappers


def _parts(body: Any, tree: Any) -> list[tuple[int, str]]:
    """The headings of ``body`` with their levels, and its other parts with level 0. Where trafilatura found a page's
    text but not its parts, these are the elements of ``tree`` that hold it."""
    elements = list(body)
    if len(elements) != 1 or elements[0].tag != "p":
        return [
            (_level(element.get("rend")) if element.tag == "head" else 0, _text(element))
            for element in elements
        ]
    whole = _text(elements[0])
    parts: list[tuple[int, str]] = []
    taken: set[Any] = set()
    for element in tree.iter("p", "li", "dt", "dd", *_HEADINGS):
        words = _words(element.text_content())
        if not words or words not in whole or taken & set(element.iterancestors()):
            continue
        taken.add(element)
        if element.tag != "li":
            parts.append((_level(element.tag) if element.tag in _HEADINGS else 0, words))
        elif parts and parts[-1][1].startswith("- "):
            parts[-1] = (0, f"{parts[-1][1]}\n- {words}")
        else:
            parts.append((0, f"- {words}"))
    return parts or [(0, whole)]


def _level(name: str | None) -> int:
    return int((name or "h2")[-1])


def _blocks(parts: list[tuple[int, str]], title: str) -> Iterator[Block]:
    headings: list[tuple[int, str]] = []
    kept = iter(without_furniture(text for _, text in parts))
    following = next(kept, None)
    for level, text in parts:
        if following is None or text != following:
            continue
        following = next(kept, None)
        if level and text != title:
            headings = [(n, words) for n, words in headings if n < level] + [(level, text)]
        elif text and text != title:
            yield Block(text, tuple(words for _, words in headings))


def _text(element: Any) -> str:
    if element.tag == "list":
        items = (_words(" ".join(item.itertext())) for item in element.iter("item"))
        return "\n".join(f"- {item}" for item in items if item)
    if element.tag == "table":
        rows = (
            [_words(" ".join(cell.itertext())) for cell in row.iter("cell")] for row in element.iter("row")
        )
        return "\n".join(" | ".join(row) for row in rows)
    return _words(" ".join(element.itertext()))


def _words(text: str) -> str:
    return " ".join(text.split())
