"""The vocabularies: byte-level BPE for most models, BPE on raw UTF-8 (Gemma 4) and WordPiece (BERT); trained on a text."""

from functools import cache

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

SPECIAL = ["<unk>", "<|bos|>", "<|eos|>", "<|pad|>", "<|im_start|>", "<|im_end|>", "<|user|>", "<|assistant|>"]
UNKNOWN, BEGIN, END, PADDING, *_ = SPECIAL


def trained(tokenizer, text, trainer):
    tokenizer.train_from_iterator([text.read_text("utf-8")], trainer)
    size = tokenizer.get_vocab_size()
    if size != trainer.vocab_size:
        raise ValueError(f"{text} gives {size} tokens in place of {trainer.vocab_size}: the text is too short")
    return tokenizer


def with_special(tokenizer):
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token=UNKNOWN, bos_token=BEGIN, eos_token=END, pad_token=PADDING
    )


@cache
def byte_level_bpe(text, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    return with_special(trained(tokenizer, text, trainer))


@cache
def raw_bpe(text, size):
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN, byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\u2581", "merged_with_next")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIAL + byte_tokens, show_progress=False)
    return with_special(trained(tokenizer, text, trainer))


@cache
def word_piece(text, size):
    special = {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=[*special.values()], show_progress=False)
    return PreTrainedTokenizerFast(tokenizer_object=trained(tokenizer, text, trainer), **special)


VOCABULARIES = {"byte-level": byte_level_bpe, "raw": raw_bpe, "word-piece": word_piece}
