import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index.encoder import BUNDLED_FOLDER, Encoder, load_encoder
from index.errors import EncoderError

TEXTS = ["Apa itu kerja sama bilateral?", "Danau Toba.", "x " * 2000]


def test_vectors_have_unit_length(encoder: Encoder) -> None:
    vectors = encoder.encode_passages(TEXTS)
    assert vectors.shape == (3, encoder.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode_questions([]).shape == (0, encoder.dimension)


def test_sentence_transformers_loads_the_folder_and_agrees(encoder: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(BUNDLED_FOLDER), device="cpu", trust_remote_code=True)
    theirs = model.encode(TEXTS, prompt_name="query")
    np.testing.assert_allclose(theirs, encoder.encode_questions(TEXTS), atol=5e-3)
    assert float((theirs * encoder.encode_questions(TEXTS)).sum(axis=1).min()) > 0.9999


def test_a_saved_copy_is_the_same_model(encoder: Encoder, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(BUNDLED_FOLDER), device="cpu", trust_remote_code=True)
    model.save(str(tmp_path / "copy"))
    copy = load_encoder(str(tmp_path / "copy"))
    np.testing.assert_allclose(copy.encode_questions(TEXTS), encoder.encode_questions(TEXTS), atol=5e-3)
    model.max_seq_length = 8
    assert model[0].preprocess([TEXTS[2]])["attention_mask"].sum() == 8


def test_a_question_is_nearer_to_its_answer(encoder: Encoder) -> None:
    question = encoder.encode_questions(["Di mana letak Danau Toba?"])[0]
    near, far = encoder.encode_passages(["Danau Toba terletak di Sumatra Utara.", "Bea masuk diturunkan."])
    assert question @ near > question @ far


def test_threads_may_encode_at_once(encoder: Encoder) -> None:
    with ThreadPoolExecutor(4) as pool:
        many = list(pool.map(lambda _: encoder.encode_questions([TEXTS[0]])[0], range(16)))
    assert all(np.allclose(many[0], vector, atol=1e-6) for vector in many)


def test_common_words_of_two_languages_are_known(encoder: Encoder) -> None:
    tokenizer = encoder._runtime.tokenizer  # type: ignore[attr-defined]
    ids = tokenizer.encode(
        "Perjanjian ekstradisi antarnegara; the treaty's ratification, é, 日本, العربية"
    ).ids
    assert tokenizer.token_to_id("<unk>") not in ids


@pytest.mark.parametrize("name", ["empty", "damaged", "text"])
def test_what_is_no_model_is_named_in_one_sentence(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    if name == "damaged":
        for path in BUNDLED_FOLDER.glob("*.json"):
            (folder / path.name).write_bytes(path.read_bytes())
        (folder / "openvino_model.xml").write_text("<net")
        (folder / "openvino_model.bin").write_bytes(b"")
    if name == "text":
        (folder / "modules.json").write_text("not json")
    with pytest.raises(EncoderError) as caught:
        load_encoder(str(folder))
    assert str(folder) in caught.value.indonesian


def test_a_name_that_cannot_be_fetched_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderError, match="no-such/model"):
        load_encoder("no-such/model")


def test_another_sentence_transformers_model_works(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    (tmp_path / "vocab.txt").write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "danau", "toba"])
    )
    config = BertConfig(
        vocab_size=7,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    BertModel(config).save_pretrained(tmp_path / "bert")
    BertTokenizerFast(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path / "bert")
    SentenceTransformer(modules=[Transformer(str(tmp_path / "bert")), Pooling(16)]).save(
        str(tmp_path / "other")
    )
    other = load_encoder(str(tmp_path / "other"))
    assert other.encode_passages(["danau toba", "toba"]).shape == (2, 16)
    assert other.fingerprint != load_encoder().fingerprint


BEGINNING = """
import threading
from index.encoder import BUNDLED_FOLDER
from index.runtime import Runtime, padded
runtime, (ids, mask), together = Runtime(BUNDLED_FOLDER), padded([[0, 5, 6, 2]] * 2), threading.Barrier(2)
def infer():
    together.wait()
    runtime.token_vectors(ids, mask)
threads = [threading.Thread(target=infer) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


@pytest.mark.parametrize("attempt", range(5))
def test_two_threads_may_be_the_first_at_once(attempt: int) -> None:
    subprocess.run([sys.executable, "-c", BEGINNING], check=True, timeout=60)
