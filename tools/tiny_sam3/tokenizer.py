"""The tokenizer and the processor around it: CLIP's kind of tokens, learned from the phrases of the vocabulary."""

import json
from collections.abc import Iterator
from typing import Any

from tools.tiny_sam3.questions import spellings
from tools.tiny_sam3.scenes import INPUT_SIDE, MASK_SIDE
from tools.tiny_sam3.vocabulary import ABSENT_NOUNS, CLASSES, EXEMPLAR_PHRASE, GROUPS
from transformers import CLIPTokenizer, Sam3ImageProcessor, Sam3Processor

TEXT_TOKENS = 32


def new_processor() -> Sam3Processor:
    images: Any = Sam3ImageProcessor(
        size={"height": INPUT_SIDE, "width": INPUT_SIDE}, mask_size={"height": MASK_SIDE, "width": MASK_SIDE}
    )
    return Sam3Processor(image_processor=images, tokenizer=new_tokenizer())


def new_tokenizer() -> CLIPTokenizer:
    """Return a byte-pair tokenizer of CLIP's kind with about a thousand tokens, learned from the phrases."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    start, end, word_end = "<|startoftext|>", "<|endoftext|>", "</w>"
    clip: Any = CLIPTokenizer(vocab={start: 0, end: 1, "!": 2}, merges=[])
    learner: Any = Tokenizer(models.BPE(unk_token=end, end_of_word_suffix=word_end, continuing_subword_prefix=""))
    learner.normalizer = clip._tokenizer.normalizer
    learner.pre_tokenizer = clip._tokenizer.pre_tokenizer
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=1200,
        min_frequency=2,
        special_tokens=[start, end],
        initial_alphabet=alphabet,
        end_of_word_suffix=word_end,
        show_progress=False,
    )
    learner.train_from_iterator(_phrases_to_learn_from(), trainer)
    learned = json.loads(learner.to_str())["model"]
    vocabulary: dict[str, int] = dict(learned["vocab"])
    for letter in alphabet:  # every byte must be encodable at the end of a word too
        vocabulary.setdefault(letter + word_end, len(vocabulary))
    merges: Any = [tuple(pair) for pair in learned["merges"]]
    return CLIPTokenizer(
        vocab=vocabulary,
        merges=merges,
        bos_token=start,
        eos_token=end,
        unk_token=end,
        pad_token=end,
        model_max_length=TEXT_TOKENS,
    )


def _phrases_to_learn_from() -> Iterator[str]:
    for phrase in [*(phrase for sign in CLASSES for phrase in sign.phrases), *GROUPS]:
        for _ in range(3):
            yield from spellings(phrase)
    for noun in ABSENT_NOUNS:
        yield from (noun, noun + "s", "a " + noun)
    yield from [EXEMPLAR_PHRASE] * 5
