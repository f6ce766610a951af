"""Word, PowerPoint, OpenDocument, EPUB and RTF to blocks, by way of Pandoc."""

import subprocess

from index.blocks import Block

FORMATS = {".docx": "docx", ".pptx": "pptx", ".odt": "odt", ".epub": "epub", ".rtf": "rtf"}
"""Pandoc's names of the formats, by suffix."""

MEMORY = "700M"
"""What Pandoc may hold."""

LONGEST_TITLE = 150
"""Characters of the longest title."""

SECONDS = 60.0
"""How long Pandoc may take."""


class ConversionError(Exception):
    """Pandoc could not read a file."""


def parse(data: bytes, suffix: str) -> tuple[str, tuple[Block, ...]]:
    """Title (empty if none) and blocks of a document of the kind ``suffix``.

    :raises ConversionError: if Pandoc cannot read it, or not within its limits.
    """
    import pypandoc

    from index.markdown import parse as parse_markdown

    command = [
        pypandoc.get_pandoc_path(), "+RTS", f"-M{MEMORY}", "-RTS", "--sandbox", "--standalone", "--wrap=none",
        f"--from={FORMATS[suffix]}", "--to=commonmark-raw_html+pipe_tables+yaml_metadata_block",
    ]  # fmt: skip
    try:
        ran = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        raise ConversionError(str(error)) from error
    return parse_markdown(titled(ran.stdout.decode("utf-8", "replace")))


def titled(markdown: str) -> str:
    """``markdown`` whose first line, where it names no title but reads like one, is a first-level heading.

    >>> titled("**Perjanjian Lombok**\n\nIsi.")
    '# Perjanjian Lombok\n\nIsi.'
    """
    first, _, rest = markdown.lstrip().partition("\n")
    words = first.strip("#* ")
    if first == "---" or len(words) > LONGEST_TITLE or not words or words[-1] in ".:;,?!" or "|" in first:
        return markdown
    return f"# {words}\n{rest}"
