import pytest

from assistant.metrics import answers_question, exact_match, f1, mrr_at, normalized, recall_at


def test_normalization_folds_case_punctuation_and_space_and_keeps_articles() -> None:
    assert normalized("  The “Jakarta”,\n20 Agustus! $5 ") == "the jakarta 20 agustus 5"


@pytest.mark.parametrize(
    ("prediction", "golds", "exact", "overlap"),
    [
        ("Jakarta", ["jakarta."], 1, 1),
        ("di Jakarta", ["Jakarta"], 0, 2 / 3),
        ("Bandung", ["Jakarta"], 0, 0),
        ("Jakarta", ["Bandung", "Jakarta"], 1, 1),
        ("", [], 1, 1),
        ("Jakarta", [], 0, 0),
        ("", ["Jakarta"], 0, 0),
    ],
)
def test_scores_follow_squad(prediction: str, golds: list[str], exact: float, overlap: float) -> None:
    assert exact_match(prediction, golds) == exact
    assert f1(prediction, golds) == pytest.approx(overlap)


def test_recall_and_reciprocal_rank() -> None:
    ranks = [1, 3, None, 12]
    assert recall_at(ranks, 1) == 0.25
    assert recall_at(ranks, 3) == 0.5
    assert mrr_at(ranks, 10) == pytest.approx((1 + 1 / 3) / 4)


@pytest.mark.parametrize(
    ("shown", "gold", "right"),
    [
        ("Ia lahir di Jakarta, kata ibunya.", "jakarta", True),
        ("Ia lahir di Jakartan.", "jakarta", False),
        ("pada 1 Juli 2008 pagi", "Berlaku pada 1 Juli 2008 pagi hari", True),
        ("1 Juli 2008", "Berlaku pada 1 Juli 2008", False),
    ],
)
def test_an_answer_is_right_if_a_gold_one_stands_in_it(shown: str, gold: str, right: bool) -> None:
    assert answers_question(shown, [gold]) is right
