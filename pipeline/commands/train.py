"""`themes train`: gold in, model out. What can be said of tables and codebook is said before torch is loaded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.codebook import load_codebook
from pipeline.commands.terminal import tell_guess
from pipeline.commands.train_options import Options
from pipeline.errors import printable
from pipeline.gold import Gold, read_gold
from pipeline.gold_waiting import NONE_WAITS
from pipeline.lookup import texts_in


def train(gold: Sequence[Path], options: Options) -> None:
    """Read the gold, then train and save.

    Raises:
        UsageError: the gold, the codebook or the settings cannot be used.
    """
    # torchrun starts several processes and numbers them; one speaks for all.
    leads = os.environ.get("RANK", "0") == "0"
    say, tell = (_say, tell_guess) if leads else (_say_nothing, _say_nothing)
    book = load_codebook(options.codebook)
    if gold:
        say(f"reading {', '.join(printable(path) for path in gold)}")
    text_of = texts_in(options.transcripts)
    known = Gold([], NONE_WAITS)
    if gold:
        known = read_gold(gold, codes=book.names, labels=book.labels, text_of=text_of, tell=tell)
    say("loading PyTorch and the encoder")
    # Loads for seconds, and what is wrong with a table needs none of it.
    from pipeline.commands.train_model import train_model

    train_model(gold, known, book, options, say)


def _say(line: str) -> None:
    """At once, also into a file or a pipe: who waits wants to know for what."""
    print(line, flush=True)


def _say_nothing(*_: object) -> None:
    pass
