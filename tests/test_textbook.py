import torch
from tokenizers import Tokenizer

from assistant.spans import FOLDER, Crop, SpanModel
from bench.textbook import float_reader
from index.passages import Passage
from index.runtime import padded


def test_the_shipped_reader_comes_back_in_float32() -> None:
    question, text = "Berapa panjang Danau Toba?", "Panjang Danau Toba sekitar 100 kilometer."
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    pair = tokenizer.encode(question, f"Danau Toba\n{text}")
    ids, mask = map(torch.from_numpy, padded([pair.ids]))
    with torch.inference_mode():
        scores = float_reader(FOLDER)(ids, attention_mask=mask)
    first, last = int(scores.start_logits.argmax()), int(scores.end_logits.argmax())
    passage = Passage("0" * 16, "danau.md", "Danau Toba", (), None, text, ((0, len(text)),))
    [[mark]] = SpanModel().mark(question, [Crop(passage, 0, 0)])
    assert tokenizer.decode(pair.ids[first : last + 1]) == text[slice(*mark.span)]
