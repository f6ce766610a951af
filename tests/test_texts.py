import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from assistant.texts import (
    CATALOGUES,
    LANGUAGES,
    date_in_words,
    moment_in_words,
    number_in_words,
    read_catalogues,
    spoken,
)

HOLES = re.compile(r"\{[^}]*\}")


def test_the_catalogues_say_the_same() -> None:
    read = read_catalogues()
    for part, texts in read["en"].items():
        for name, text in texts.items():
            said = read["id"][part][name]
            assert said, (part, name)
            assert {*HOLES.findall(said)} <= {*HOLES.findall(text)} | {"{kind}"}, (part, name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_leaves_nothing_out(language: str) -> None:
    own = (CATALOGUES / f"{language}.toml").read_text(encoding="utf-8")
    for texts in read_catalogues()["en"].values():
        for name in texts:
            assert re.search(rf"^{name} = ", own, re.MULTILINE), name


def test_a_further_language_is_one_file_and_english_where_it_is_silent(tmp_path: Path) -> None:
    shutil.copytree(CATALOGUES, tmp_path, dirs_exist_ok=True)
    (tmp_path / "jv.toml").write_text(
        '[language]\nname = "Jawa"\n[chat]\nsend = "Kirimake"\n', encoding="utf-8"
    )
    read = read_catalogues(tmp_path)
    assert list(read) == ["id", "en", "jv"]
    assert read["jv"]["chat"]["send"] == "Kirimake"
    assert read["jv"]["chat"]["clear"] == read["en"]["chat"]["clear"]


@pytest.mark.parametrize(
    ("wanted", "given"), [("en-GB,id;q=0.5", "en"), ("id", "id"), ("fr", "id"), ("", "id"), ("eng", "id")]
)
def test_spoken(wanted: str, given: str) -> None:
    assert spoken(wanted, "id") == given


def test_dates_and_numbers_are_written_as_the_language_does() -> None:
    assert date_in_words(datetime(2026, 11, 27), "id") == "27 November 2026"
    assert date_in_words(datetime(2026, 5, 1), "en") == "May 1, 2026"
    assert moment_in_words(datetime(2026, 11, 27, 9, 5), "id") == "27 Nov 2026 09.05"
    assert number_in_words(12345.5, "id") == "12.345,5"
