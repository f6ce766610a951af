"""Rebuild the BERT model and its tokenizer, with a vocabulary trimmed to Indonesian and English."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from training.nano import NanoModel

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
"""Special tokens, with ids from 0 in this order, as in XLM-RoBERTa."""

_LAYER_NAMES = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip


def tokenizer_of(pieces: Sequence[str], scores: Sequence[float]) -> Tokenizer:
    """A SentencePiece unigram tokenizer over ``pieces``, the special tokens first."""
    vocabulary = list(zip(pieces, map(float, scores), strict=True))
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=SPECIALS.index("<unk>")))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"[\n\r\t]"), " "),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.add_special_tokens(list(SPECIALS))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


def kept_pieces(nano: NanoModel, texts: Iterable[str], latin_ranks: int) -> list[int]:
    """Ids of the pieces to keep, ascending.

    Kept are the special tokens, every single character of any script, and every piece without letters
    other than Latin ones that ``texts`` use or that is among the ``latin_ranks`` most frequent.
    """
    full = tokenizer_of(nano.pieces, nano.scores.tolist())
    used: Counter[int] = Counter()
    for encoding in full.encode_batch(list(texts)):
        used.update(encoding.ids)
    kept = set(range(len(SPECIALS)))
    for number, piece in enumerate(nano.pieces):
        bare = piece.removeprefix("▁")
        wanted = number in used or number < latin_ranks
        if len(bare) <= 1 or (wanted and _is_latin(bare)):
            kept.add(number)
    return sorted(kept)


def trimmed_tokenizer(nano: NanoModel, kept: Sequence[int]) -> Tokenizer:
    """The tokenizer over the pieces ``kept``."""
    return tokenizer_of([nano.pieces[i] for i in kept], [nano.scores[i] for i in kept])


def bert_of(nano: NanoModel, kept: Sequence[int]) -> BertModel:
    """The model in float32, without dropout, its word embeddings limited to the pieces ``kept``."""
    config = BertConfig(
        vocab_size=len(kept),
        hidden_size=nano.hidden,
        num_hidden_layers=nano.layers,
        num_attention_heads=nano.heads,
        intermediate_size=nano.intermediate,
        max_position_embeddings=nano.positions,
        type_vocab_size=nano.types,
        layer_norm_eps=nano.epsilon,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=SPECIALS.index("<pad>"),
    )
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(_state(nano, kept), strict=True)
    return model.eval()


def _state(nano: NanoModel, kept: Sequence[int]) -> dict[str, torch.Tensor]:
    words = nano.tensors["emb.word"].reshape(-1, nano.hidden)[np.asarray(kept)]
    types = np.zeros((nano.types, nano.hidden), dtype=np.float32)
    stored = nano.tensors["emb.type"].reshape(-1, nano.hidden)
    types[: len(stored)] = stored
    state = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": nano.tensors["emb.pos"].reshape(-1, nano.hidden),
        "embeddings.token_type_embeddings.weight": types,
        "embeddings.LayerNorm.weight": nano.tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": nano.tensors["emb.ln.b"],
    }
    for layer in range(nano.layers):
        for short, long in _LAYER_NAMES.items():
            weight = nano.tensors[f"l{layer}.{short}.w"]
            bias = nano.tensors[f"l{layer}.{short}.b"]
            shape = (-1,) if short.endswith("ln") else (len(bias), -1)
            state[f"encoder.layer.{layer}.{long}.weight"] = weight.reshape(shape)
            state[f"encoder.layer.{layer}.{long}.bias"] = bias
    return {name: torch.from_numpy(np.array(value)) for name, value in state.items()}


def _is_latin(piece: str) -> bool:
    return all(not char.isalpha() or "LATIN" in unicodedata.name(char, "") for char in piece)
