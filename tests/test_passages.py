from hypothesis import given
from hypothesis import strategies as st

from index.blocks import Block, Document
from index.passages import LONGEST, split_document

LONG = "Kalimat ini dipakai untuk mengisi paragraf supaya cukup panjang bagi satu bagian. " * 2


def document(*blocks: Block, path: str = "a.md") -> Document:
    return Document(path, "Judul", True, blocks)


def test_a_paragraph_is_a_passage_with_its_place() -> None:
    (passage,) = split_document(document(Block(LONG.strip(), ("Bab", "Anak bab"), 3)))
    assert (passage.text, passage.section, passage.page) == (LONG.strip(), "Bab › Anak bab", 3)
    assert passage.embedded.startswith("Judul › Bab › Anak bab\n")


def test_short_paragraphs_join_under_one_heading_only() -> None:
    passages = split_document(
        document(Block("Pendek.", ("A",)), Block("Juga.", ("A",)), Block("Lain.", ("B",)))
    )
    assert [passage.text for passage in passages] == ["Pendek.\nJuga.", "Lain."]


def test_a_list_joins_the_words_that_lead_into_it() -> None:
    passages = split_document(document(Block(LONG + "Bidangnya:"), Block("- " + LONG + "\n- dua")))
    assert len(passages) == 1


def test_ids_stay_when_other_parts_change() -> None:
    kept = Block(LONG)
    before = split_document(document(kept))[0].id
    after = split_document(document(Block("Baru sama sekali. " + LONG, ("Depan",)), kept))[1].id
    assert before == after
    assert split_document(document(kept, path="b.md"))[0].id != before


@given(st.lists(st.text(alphabet="abc .\n", min_size=1, max_size=3000), min_size=1, max_size=4))
def test_passages_are_verbatim_bounded_and_have_their_own_ids(texts: list[str]) -> None:
    passages = split_document(document(*(Block(text.strip()) for text in texts if text.strip())))
    whole = "".join("".join(text.split()) for text in texts)
    assert "".join("".join(passage.text.split()) for passage in passages) == whole
    assert len({passage.id for passage in passages}) == len(passages)
    assert all(len(passage.text) <= LONGEST + 130 for passage in passages)
