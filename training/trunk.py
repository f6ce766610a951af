"""The trunk that both models are trained from."""

from contextlib import AbstractContextManager
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import BertModel

from index.encoder import BUNDLED_FOLDER
from training.nano import installed_weights, read_nano
from training.rebuild import bert_of


class TokenVectors(torch.nn.Module):
    """The model as a function of ids and mask alone."""

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Token vectors, shape (texts, tokens, hidden)."""
        return self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


def shared_tokenizer() -> Tokenizer:
    """The tokenizer of the bundled encoder, without truncation."""
    tokenizer = Tokenizer.from_file(str(BUNDLED_FOLDER / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def fresh_trunk(tokenizer: Tokenizer) -> BertModel:
    """The rebuilt BERT over the pieces of ``tokenizer``, to be trained: its word embeddings frozen, with
    the plain attention, whose way back is faster on a CPU than the fused one."""
    nano = read_nano(installed_weights())
    numbers = {piece: number for number, piece in enumerate(nano.pieces)}
    kept = [numbers[tokenizer.id_to_token(n)] for n in range(tokenizer.get_vocab_size())]
    trunk = bert_of(nano, kept)
    trunk.set_attn_implementation("eager")
    trunk.embeddings.word_embeddings.weight.requires_grad = False
    return trunk


def half_precision() -> AbstractContextManager[Any]:
    """bfloat16 where the processor multiplies in it (AMX), float32 elsewhere, where it would be slower."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_amx_tile_supported())


def descend(optimizer: torch.optim.Optimizer, loss: torch.Tensor, rate: float) -> float:
    """One step down ``loss`` at the learning rate ``rate``, along a gradient of norm 1 at most; the loss."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return float(loss.detach())
