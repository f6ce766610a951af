import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Undang-Undang No. 24 Tahun 2000 berlaku.",
        "Harganya Rp1.500,00 per lembar.",
        "Ia lahir di Jl. Sudirman No. 5 pada 20 Agt. 2007.",
        "PT. Maju Jaya, Tbk. didirikan Dr. H. Budi, S.H. di Jakarta.",
        "Surat ditandatangani a.n. Menteri pukul 13.00 WIB.",
    ],
)
def test_abbreviations_and_numbers_end_no_sentence(text: str) -> None:
    assert sentences(text) == [text]


def test_sentences_end_at_full_stops_and_question_marks() -> None:
    assert sentences("Apa itu? Itu danau. Luas sekali!") == [
        "Apa itu?",
        "Itu danau.",
        "Luas sekali!",
    ]


def test_a_quotation_begins_a_sentence_of_its_own() -> None:
    assert sentences('Ia datang. "Kami senang," katanya.') == [
        "Ia datang.",
        '"Kami senang," katanya.',
    ]


def test_every_line_is_a_sentence_at_least() -> None:
    assert sentences("- satu\n- dua") == ["- satu", "- dua"]


@given(st.text(alphabet=st.sampled_from('ab AB.!?"\n1Rp, No.é“”'), max_size=200))
def test_spans_are_ordered_and_cover_everything_but_space(text: str) -> None:
    spans = sentence_spans(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= two[0] for one, two in zip(spans, spans[1:], strict=False))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    assert "".join("".join(text[s:e].split()) for s, e in spans) == "".join(text.split())
