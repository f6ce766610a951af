import numpy as np

from assistant.answers import composed
from assistant.reader import Reading
from assistant.rendering import answer_html
from assistant.retriever import Hit
from assistant.squad import passages_of

TEXTS = ("Hibah tidak perlu dikembalikan.", "Pinjaman harus dibayar kembali.", "Danau Toba ada di Sumatra.")
HITS = [Hit(n, passage, 0.0, 0.8, 0.0) for n, passage in enumerate(passages_of(TEXTS))]
READINGS = [
    Reading(hit, hit.passage.sentences[0], (0, 5), chance)
    for hit, chance in zip(HITS, (0.4, 0.3, 0.01), strict=True)
]


def test_several_passages_answer_a_comparison_together() -> None:
    answer = composed("Apa beda hibah dan pinjaman?", READINGS, HITS, sure=0.5)
    assert (answer.status, answer.together, answer.answer) == ("answered", 2, TEXTS[0])
    np.testing.assert_allclose(answer.confidence, 0.7)
    shown, folded = answer_html(answer, "id").split("<details>")
    assert "Pinjaman" in shown.replace("<mark>", "").replace("</mark>", "")
    assert "Danau" in folded


def test_other_questions_are_answered_by_one_passage_or_not_at_all() -> None:
    answer = composed("Kapan hibah diberikan?", READINGS, HITS, sure=0.5)
    assert (answer.status, answer.answer, answer.confidence) == ("not_found", None, 0.4)
    assert composed("Kapan hibah diberikan?", [], [], sure=0.5).status == "not_found"


def test_passages_that_say_the_same_speak_for_each_other() -> None:
    hits = [Hit(n, passage, 0.0, 0.8, 0.0) for n, passage in enumerate(passages_of([TEXTS[0]] * 3))]
    readings = [Reading(hit, hit.passage.sentences[0], (0, 5), 0.3) for hit in hits]
    answer = composed("Kapan hibah diberikan?", readings, hits, sure=0.5)
    assert (answer.status, answer.together) == ("answered", 1)
    np.testing.assert_allclose(answer.confidence, 0.9)
