"""Markdown to blocks."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.blocks import Block

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)
_TAG = re.compile(r"<[^>]*>")


def parse(text: str) -> tuple[str, tuple[Block, ...]]:
    """Title (empty if none) and blocks of the Markdown ``text``."""
    front = _FRONT_MATTER.match(text)
    named = _FRONT_TITLE.search(front.group(1)) if front else None
    tokens = MarkdownIt("commonmark").enable("table").parse(text[front.end() :] if front else text)
    return _blocks(tokens, named.group(1) if named else "")


def _blocks(tokens: Sequence[Token], title: str) -> tuple[str, tuple[Block, ...]]:
    blocks: list[Block] = []
    headings: list[tuple[int, str]] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        end = _end(tokens, place)
        inner = tokens[place:end]
        if token.type == "heading_open":
            words = _words(tokens[place + 1])
            level = int(token.tag[1])
            if level == 1 and not title:
                title = words
            elif words != title:
                headings = [(n, h) for n, h in headings if n < level] + [(level, words)]
        else:
            text = _text(token, inner)
            if text:
                blocks.append(Block(text, tuple(words for _, words in headings)))
        place = end
    return title, tuple(blocks)


def _end(tokens: Sequence[Token], start: int) -> int:
    """Index after the block that begins at ``start``."""
    depth = 0
    for place in range(start, len(tokens)):
        depth += tokens[place].nesting
        if depth == 0:
            return place + 1
    return len(tokens)


def _text(token: Token, inner: Sequence[Token]) -> str:
    if token.type in ("fence", "code_block"):
        return token.content.strip("\n")
    if token.type == "html_block":
        return " ".join(_TAG.sub(" ", token.content).split())
    if token.type == "table_open":
        return _table(inner)
    if token.type in ("bullet_list_open", "ordered_list_open"):
        return _list(inner)
    return "\n".join(_words(part) for part in inner if part.type == "inline")


def _list(tokens: Sequence[Token]) -> str:
    """One line an item: its marker as written, then its words."""
    lines: list[str] = []
    for token in tokens:
        if token.type == "list_item_open":
            lines.append(f"{token.info}{token.markup} " if token.info else "- ")
        elif token.type == "inline":
            joint = "" if lines[-1].endswith(("- ", ". ", ") ")) else " "
            lines[-1] += joint + _words(token)
        elif token.type in ("fence", "code_block"):
            lines[-1] += " ".join(token.content.split())
    return "\n".join(line.rstrip() for line in lines)


def _table(tokens: Sequence[Token]) -> str:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_words(token))
    return "\n".join(" | ".join(row) for row in rows)


def _words(inline: Token) -> str:
    """The words of an inline token, its markup gone; a break becomes a space."""
    parts = []
    for token in inline.children or ():
        if token.type in ("text", "code_inline"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts).strip()
