"""The bundled models in float32 on torch, and the textbook way of answering with them."""

from collections.abc import Sequence
from pathlib import Path

import faiss
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer
from transformers import BertConfig, BertForQuestionAnswering, BertModel, PreTrainedTokenizerFast

from assistant.spans import FOLDER, LONGEST_SPAN, LONGEST_WINDOW
from index.encoder import BUNDLED_FOLDER
from index.passages import Passage
from training.dequantized import float_weights

HEADS = 12
READ = 5
"""Passages that the textbook way reads."""


class Textbook:
    """Sentence Transformers finds five passages, a question answering model of transformers reads them whole.

    :param passages: the documents' passages.
    :param encoder: the bundled encoder in float32.
    """

    def __init__(self, passages: Sequence[Passage], encoder: SentenceTransformer) -> None:
        self._encoder = encoder
        self._reader = float_reader(FOLDER)
        self._tokenizer = fast_tokenizer(FOLDER)
        self._texts = [passage.embedded for passage in passages]
        vectors = self._encoder.encode([f"passage: {text}" for text in self._texts], show_progress_bar=False)
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)

    def ask(self, question: str) -> str:
        """The words of the five nearest passages that the reader likes best."""
        vector = self._encoder.encode([f"query: {question}"], show_progress_bar=False)
        found = [self._texts[n] for n in self._index.search(vector, READ)[1][0]]
        pairs = self._tokenizer(
            [question] * len(found), found, truncation="only_second", max_length=LONGEST_WINDOW, padding=True,
            return_offsets_mapping=True, return_tensors="pt",
        )  # fmt: skip
        with torch.inference_mode():
            scores = self._reader(pairs["input_ids"], attention_mask=pairs["attention_mask"])
        inside = torch.tensor([[part == 1 for part in pairs.sequence_ids(n)] for n in range(len(found))])
        starts = scores.start_logits.masked_fill(~inside, -1e4)
        ends = scores.end_logits.masked_fill(~inside, -1e4)
        spans = torch.ones(starts.shape[1], starts.shape[1]).triu().tril(LONGEST_SPAN - 1).bool()
        sums = (starts[:, :, None] + ends[:, None, :]).masked_fill(~spans, -1e4)
        sums -= (scores.start_logits + scores.end_logits)[:, :1, None]
        row, place = divmod(int(sums.argmax()), sums[0].numel())
        first, last = divmod(place, sums.shape[2])
        offsets = pairs["offset_mapping"][row]
        return found[row][int(offsets[first][0]) : int(offsets[last][1])]


def float_sentence_transformer(work: Path) -> SentenceTransformer:
    """The bundled encoder in float32 as Sentence Transformers runs it, saved in ``work``."""
    float_encoder(BUNDLED_FOLDER).save_pretrained(work)
    fast_tokenizer(BUNDLED_FOLDER).save_pretrained(work)
    return SentenceTransformer(modules=[Transformer(str(work)), Pooling(384), Normalize()], device="cpu")


def float_config(weights: dict[str, torch.Tensor]) -> BertConfig:
    """The configuration of the BERT that ``weights`` belong to."""
    pieces, hidden = weights["bert.embeddings.word_embeddings.weight"].shape
    layers = 1 + max(int(name.split(".")[3]) for name in weights if name.startswith("bert.encoder.layer."))
    return BertConfig(
        vocab_size=pieces,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=HEADS,
        intermediate_size=len(weights["bert.encoder.layer.0.intermediate.dense.bias"]),
        max_position_embeddings=len(weights["bert.embeddings.position_embeddings.weight"]),
        pad_token_id=1,
        layer_norm_eps=1e-12,
    )


def float_encoder(folder: Path) -> BertModel:
    """The encoder in ``folder``, in float32."""
    weights = float_weights(folder)
    model = BertModel(float_config(weights), add_pooling_layer=False)
    model.load_state_dict({name.removeprefix("bert."): value for name, value in weights.items()})
    return model.eval()


def float_reader(folder: Path) -> BertForQuestionAnswering:
    """The span reader in ``folder``, in float32."""
    weights = float_weights(folder)
    model = BertForQuestionAnswering(float_config(weights))
    model.load_state_dict({name.replace("heads.", "qa_outputs."): value for name, value in weights.items()})
    return model.eval()


def fast_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer in ``folder`` as transformers wraps it."""
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_file(str(folder / "tokenizer.json")),
        pad_token="<pad>", unk_token="<unk>", bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>",
        model_max_length=512, model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip
