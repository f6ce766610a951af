"""A server with several collections."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.classroom import House
from assistant.collections import made, settings_of
from assistant.live import LiveAssistant
from assistant.passwords import hashed, keep
from assistant.school import School
from assistant.server import classroom, collection_maker, create_app
from assistant.settings import Settings, load_settings
from index.build import build_index
from index.encoder import Encoder
from tests.conftest import serving

PASSWORDS = {"kelas-7a": "melati-memanjat", "kelas-7b": "jatigede-meluap"}
ORIGIN = {"kelas-7a": "https://a.sekolah.example", "kelas-7b": "https://b.sekolah.example"}
TEXTS = {
    "kelas-7a": (
        "kambing.md",
        "# Kambing sekolah\n\nKambing bernama Melati suka memanjat tembok sekolah. Melati lahir di Bandung pada "
        "3 Maret 2019.\n\n## Makanan\n\nMakanan Melati adalah daun singkong dari kantin Bu Lastri.\n",
    ),
    "kelas-7b": (
        "bendungan.md",
        "# Bendungan Jatigede\n\nBendungan Jatigede terletak di Kabupaten Sumedang. Bendungan Jatigede diresmikan pada "
        "31 Agustus 2015.\n\n## Fungsi\n\nFungsi bendungan adalah mengairi sawah di Indramayu dan Cirebon.\n",
    ),
}
ASKED = {
    "kelas-7a": ("Siapa yang suka memanjat tembok sekolah?", "Melati"),
    "kelas-7b": ("Di mana letak Bendungan Jatigede?", "Sumedang"),
}


@dataclass
class Rooms:
    address: str
    settings: Settings
    school: School
    live: LiveAssistant

    def folder(self, name: str) -> Path:
        return self.settings.collections / name


def built(settings: Settings, name: str, encoder: Encoder, more: str = "") -> None:
    """A collection of one document on disk."""
    file, text = TEXTS[name]
    docs = settings.collections.parent / "bacaan" / name
    docs.mkdir(parents=True, exist_ok=True)
    (docs / file).write_text(text, encoding="utf-8")
    made(settings, name, docs)
    if more:
        with (settings.collections / name / "collection.toml").open("a", encoding="utf-8") as definition:
            definition.write(more)
    build_index(docs, settings.collections / name / "index", encoder)
    keep(hashed(PASSWORDS[name]), settings_of(settings, name).password_file)


@contextmanager
def opened(
    readings: Path,
    index: Path,
    encoder: Encoder,
    folder: Path,
) -> Iterator[Rooms]:
    """A server whose main collection is ``index``, with those of :data:`TEXTS` beside it."""
    settings = load_settings(collections=folder / "collections", docs=readings, index=index)
    for name in TEXTS:
        built(settings, name, encoder, f'embed_origins = ["{ORIGIN[name]}"]\nquestion_log = true\n')
    live = LiveAssistant(index, encoder, settings.sure)
    room = classroom(settings, live, encoder, teaching=True)
    house = House.of(room)
    maker = collection_maker(settings, encoder, house, teaching=True)
    school = School(settings.collections, maker, settings.language)
    with serving(create_app(room, house, school)) as address:
        yield Rooms(address, settings, school, live)
