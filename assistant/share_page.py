"""How the page looks on which a teacher makes a snippet."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode, urlsplit

from assistant.origins import allows, origin_of
from assistant.pages import page_html
from assistant.snippet import COLOUR, HEIGHTS, SHAPES, THEMES, WIDTHS, Snippet
from assistant.texts import LANGUAGES, texts_of
from assistant.wishes import LONGEST_GREETING, LONGEST_STARTER, LONGEST_TITLE, MOST_DOCUMENTS, MOST_STARTERS
from index.errors import Language

TEXTS = texts_of("share")

LONGEST_LINK = 1000
"""Characters of a link that a telephone still reads from a QR code."""

LONGEST_PAGE = 300
"""Characters of the address of a teacher's page."""

GOOGLE = ("https://sites.google.com", "https://www.gstatic.com", "https://*.googleusercontent.com")
"""Google Sites shows what it embeds in frames of its own within frames of its own."""

_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Sharing:
    """What the page is about.

    :param snippet: what the teacher chose.
    :param server: this server's address.
    :param root: the path below which it stands.
    :param documents: titles of the documents by their paths.
    :param origins: sites that may embed the chat.
    :param page: address of the teacher's page, as it was written.
    :param language: of this page.
    :param own_file: whether the sites that may embed the chat stand in a file of its collection.
    """

    snippet: Snippet
    server: str
    root: str
    documents: Mapping[str, str]
    origins: Sequence[str]
    page: str
    language: Language
    own_file: bool = False

    @property
    def texts(self) -> Mapping[str, str]:
        """What the page says."""
        return TEXTS[self.language]


def share_html(sharing: Sharing) -> str:
    """The page."""
    texts, root = sharing.texts, escape(sharing.root)
    head = f'<link rel="stylesheet" href="{root}/share/share.css"><script src="{root}/share/share.js" defer></script>'
    body = (
        f"<h1>{escape(texts['title'])}</h1><p>{escape(texts['intro'])}</p>{_languages(sharing)}"
        f'<div id="share">{_form(sharing)}<div>{_preview(sharing)}'
        f'<div id="notes" role="status">{"".join(_notes(sharing))}</div>'
        f'<div id="outputs">{_outputs(sharing)}</div></div></div>'
    )
    return page_html(texts["title"], body, sharing.language, head=head, root=root)


def preview_html(sharing: Sharing) -> str:
    """A page of a lesson that holds the snippet."""
    snippet, texts = sharing.snippet, sharing.texts
    html = (
        snippet.frame(sharing.server, sharing.language)
        if snippet.shape == "frame"
        else snippet.script(sharing.server)
    )
    return (
        f'<!doctype html><html lang="{sharing.language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(texts["preview"])}</title>'
        f'<link rel="stylesheet" href="{escape(sharing.root)}/share/share.css"></head><body class="lesson">'
        f"<main><h1>{escape(texts['lesson'])}</h1><p></p><p></p>{html}</main></body></html>"
    )


def _languages(sharing: Sharing) -> str:
    links = (
        f'<a href="{_address(sharing, "/share", [("lang", code), ("page", sharing.page)])}" lang="{code}"'
        f"{' aria-current=true' if code == sharing.language else ''}>{escape(name)}</a>"
        for code, name in LANGUAGES.items()
    )
    return f'<p id="languages">{" · ".join(links)}</p>'


def _address(sharing: Sharing, path: str, further: Sequence[tuple[str, str]] = ()) -> str:
    """The escaped address of one of our pages with the fields of the form."""
    said = [(name, text) for name, text in further if text]
    return escape(f"{sharing.root}{path}?{urlencode([*sharing.snippet.form(), *said])}")


def _preview(sharing: Sharing) -> str:
    title = escape(sharing.texts["preview"])
    address = _address(sharing, "/share/preview", [("lang", sharing.language)])
    return f'<h2>{title}</h2><iframe id="preview" src="{address}" title="{title}"></iframe>'


def _notes(sharing: Sharing) -> Iterable[str]:
    """What may keep the snippet from working."""
    texts, server = sharing.texts, sharing.server
    if urlsplit(server).hostname in _LOCAL:
        yield f"<p>{escape(texts['local'].format(server=server))}</p>"
    if len(sharing.snippet.wishes.documents) >= MOST_DOCUMENTS:
        yield f"<p>{escape(texts['documents_most'].format(most=MOST_DOCUMENTS))}</p>"
    if not sharing.page:
        return
    origin = origin_of(sharing.page)
    if origin is None:
        yield f'<p class="no">{escape(texts["unknown"].format(page=sharing.page))}</p>'
        return
    missing = [
        one for one in _framers(origin) if not allows(sharing.origins, one) and one != origin_of(server)
    ]
    refused = "refused_own" if sharing.own_file else "refused"
    said = texts[refused if missing else "allowed"].format(origin=origin)
    yield f'<p class="{"no" if missing else "yes"}">{escape(said)}</p>'
    if missing:
        wanted = ", ".join([*sharing.origins, *missing])
        setting = f'{"embed_origins = " if sharing.own_file else "TANYA_EMBED_ORIGINS="}"{wanted}"'
        yield _copied("settings", texts["settings_title"], "", setting, texts)
    if origin.startswith("https:") and server.startswith("http:") and urlsplit(server).hostname not in _LOCAL:
        yield f'<p class="no">{escape(texts["mixed"])}</p>'


def _framers(origin: str) -> tuple[str, ...]:
    """The origins that have to be allowed for pages of ``origin``."""
    return GOOGLE if origin == GOOGLE[0] else (origin,)


def _outputs(sharing: Sharing) -> str:
    texts, snippet, server = sharing.texts, sharing.snippet, sharing.server
    hint = texts["script_hint" if snippet.shape == "bubble" else "script_block_hint"]
    outputs = [
        _copied("script", texts["script_title"], hint, snippet.script(server), texts),
        _copied(
            "frame", texts["frame_title"], texts["frame_hint"], snippet.frame(server, sharing.language), texts
        ),
    ]
    if snippet.shape == "frame":
        outputs.reverse()
    link = snippet.link(server)
    outputs.append(_copied("link", texts["link_title"], texts["link_hint"], link, texts))
    return "".join([*outputs, _qr(sharing, link)])


def _copied(name: str, title: str, hint: str, text: str, texts: Mapping[str, str]) -> str:
    """A text to copy, below its title."""
    told = f'<p id="{name}-hint">{escape(hint)}</p>' if hint else ""
    described = f' aria-describedby="{name}-hint"' if hint else ""
    return (
        f'<section><h2><label for="{name}">{escape(title)}</label></h2>{told}'
        f'<textarea id="{name}" rows="{2 if len(text) < 80 else 4}" readonly spellcheck="false"{described}>'
        f'\n{escape(text)}</textarea><div class="row"><button type="button" data-copies="{name}" '
        f'data-copied="{escape(texts["copied"])}" data-yourself="{escape(texts["copy_yourself"])}">'
        f'{escape(texts["copy"])}<span class="hidden"> {escape(title)}</span></button><span role="status"></span></div>'
        f"</section>"
    )


def _qr(sharing: Sharing, link: str) -> str:
    texts = sharing.texts
    if len(link) > LONGEST_LINK:
        said = texts["qr_long"].format(length=len(link), longest=LONGEST_LINK)
        return f"<section><h2>{escape(texts['qr_title'])}</h2><p>{escape(said)}</p></section>"
    svg, png = (_address(sharing, f"/share/qr.{kind}") for kind in ("svg", "png"))
    return (
        f'<section><h2>{escape(texts["qr_title"])}</h2><img id="qr" src="{svg}" width="220" height="220" '
        f'alt="{escape(texts["qr_alt"])}"><p class="row"><a href="{svg}" download="tanya-qr.svg">{escape(texts["qr_svg"])}</a>'
        f'<a href="{png}" download="tanya-qr.png">{escape(texts["qr_png"])}</a></p></section>'
    )


def _form(sharing: Sharing) -> str:
    texts = sharing.texts
    return (
        f'<form method="get" action="{escape(sharing.root)}/share"><input type="hidden" name="lang" '
        f'value="{sharing.language}">{_shape_fields(sharing)}{_content_fields(sharing)}{_look_fields(sharing)}'
        f"{_line('page', texts['page'], sharing.page, LONGEST_PAGE, texts['page_hint'])}"
        f"<button>{escape(texts['update'])}</button></form>"
    )


def _shape_fields(sharing: Sharing) -> str:
    texts, chosen = sharing.texts, sharing.snippet.shape
    radios = "".join(
        f'<label class="tick"><input type="radio" name="shape" value="{shape}"{_checked(shape == chosen)}> '
        f"{escape(texts[shape])}</label>"
        for shape in SHAPES
    )
    return _group(texts["shape"], radios)


def _content_fields(sharing: Sharing) -> str:
    texts, snippet, wishes = sharing.texts, sharing.snippet, sharing.snippet.wishes
    starters = [*wishes.starters, *[""] * MOST_STARTERS][:MOST_STARTERS]
    languages = [("", texts["language_own"]), *LANGUAGES.items()]
    fields = [
        _line("title", texts["heading"], wishes.title, LONGEST_TITLE),
        _line("greeting", texts["greeting"], wishes.greeting, LONGEST_GREETING),
        *(
            _line(
                "starters",
                texts["starter"].format(number=number),
                text,
                LONGEST_STARTER,
                key=f"starter{number}",
            )
            for number, text in enumerate(starters, 1)
        ),
        _line("question", texts["question"], snippet.question, LONGEST_STARTER),
        _select("language", texts["language"], languages, wishes.language or ""),
        _documents(sharing.documents, wishes.documents, texts),
    ]
    return _group(texts["content"], "".join(fields))


def _documents(documents: Mapping[str, str], chosen: Collection[str], texts: Mapping[str, str]) -> str:
    ticks = "".join(
        f'<label class="tick"><input type="checkbox" name="documents" value="{escape(path)}"{_checked(path in chosen)}> '
        f"<span>{escape(title)} <small>{escape(path)}</small></span></label>"
        for path, title in documents.items()
    )
    return (
        f'<fieldset><legend>{escape(texts["documents"])}</legend><p class="hint">{escape(texts["documents_all"])}</p>'
        f'<div class="long">{ticks}</div></fieldset>'
    )


def _look_fields(sharing: Sharing) -> str:
    texts, snippet = sharing.texts, sharing.snippet
    themes = [("", texts["theme_own"]), *((theme, texts[f"theme_{theme}"]) for theme in THEMES)]
    sides = [("right", texts["right"]), ("left", texts["left"])]
    fields = [
        f'<p><label for="color">{escape(texts["color"])}</label><input type="color" id="color" name="color" '
        f'value="{snippet.colour or COLOUR}"></p>',
        _select("theme", texts["theme"], themes, snippet.theme),
        f'<div class="bubbles">{_line("label", texts["label"], snippet.label, LONGEST_TITLE)}'
        f"{_select('position', texts['position'], sides, 'left' if snippet.left else 'right')}"
        f'<label class="tick"><input type="checkbox" name="open" value="true"{_checked(snippet.opened)}> '
        f"{escape(texts['open'])}</label></div>",
        _number("width", texts["width"], snippet.width, WIDTHS, texts["usual"]),
        _number("height", texts["height"], snippet.height, HEIGHTS, texts["usual"]),
    ]
    return _group(texts["look"], "".join(fields))


def _group(title: str, fields: str) -> str:
    return f"<fieldset><legend>{escape(title)}</legend>{fields}</fieldset>"


def _line(name: str, label: str, value: str, longest: int, hint: str = "", key: str = "") -> str:
    key = key or name
    told = f'<small class="hint" id="{key}-hint">{escape(hint)}</small>' if hint else ""
    described = f' aria-describedby="{key}-hint"' if hint else ""
    return (
        f'<p><label for="{key}">{escape(label)}</label><input id="{key}" name="{name}" value="{escape(value)}" '
        f'maxlength="{longest}" autocomplete="off"{described}>{told}</p>'
    )


def _number(name: str, label: str, value: int | None, bounds: tuple[int, int], hint: str) -> str:
    return (
        f'<p><label for="{name}">{escape(label)}</label><input type="number" id="{name}" name="{name}" '
        f'value="{value or ""}" min="{bounds[0]}" max="{bounds[1]}" aria-describedby="{name}-hint">'
        f'<small class="hint" id="{name}-hint">{bounds[0]}–{bounds[1]}. {escape(hint)}</small></p>'
    )


def _select(name: str, label: str, choices: Iterable[tuple[str, str]], chosen: str) -> str:
    options = "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in choices
    )
    return f'<p><label for="{name}">{escape(label)}</label><select id="{name}" name="{name}">{options}</select></p>'


def _checked(yes: bool) -> str:
    return " checked" if yes else ""
