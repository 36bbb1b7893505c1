"""Small real things that the tests are made of: an encoder, gold, a codebook, interviews. No mocks, no network."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import ascii_lowercase, digits, punctuation


class NetworkTouched(AssertionError):
    """A test, or the code under it, asked for the network."""


_WORDS = """
the a and of to in we they it is was not on with for you council police housing officer officers health meeting
meetings trust share shared sharing information money cost saving work works working together partnership partners
people talk nothing never always very good bad useless helpful ring them know their name what do think about
"""
WORDS = _WORDS.split()

CODEBOOK = """\
name: toy
themes:
- name: way_forward
  label: The way forward
  codes:
  - {name: effectiveness, definition: partnership works, code_when: working together is good}
  - {name: cost_saving, label: Cost saving, definition: money is saved}
- name: doubts
  codes:
  - {name: talking_shop, label: Talking shop, definition: meetings and talk and nothing}
"""
CODES = ("effectiveness", "cost_saving", "talking_shop")

VOCABULARY = """\
types:
  local_authority: {phrases: [council]}
  housing: {phrases: [housing], posts: [housing officer]}
  health: {phrases: [health]}
  police: {phrases: [police]}
"""

INTERVIEW = """\
Interview: {name}
Force: B
Agency: police

Interviewer: What do you think about working together?

{speaker}: We ring the council and they are helpful. It is very good, working together with housing. {extra}

Interviewer: And the meetings?

{speaker}: Talk and talk and nothing. The health people never share information — not a word, café or no café.

[Interruption]

{speaker}: The council is useless on money.

Interviewer: Thank you.
"""


def make_encoder(folder: Path, *, seed: int = 0, positions: int = 512) -> Path:
    """A BertModel with random weights and a WordPiece tokenizer, saved as transformers saves them."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    letters = ascii_lowercase + digits
    entries = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *letters,
        *punctuation,
        *("##" + c for c in letters),
        *WORDS,
    ]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(entries))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(folder)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=positions,
        initializer_range=0.3,  # large enough that different texts get clearly different vectors
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def interview(name: str, extra: str = "", speaker: str = "PC Grey") -> str:
    return INTERVIEW.format(name=name, extra=extra or f"That is what {name} is about.", speaker=speaker)


def write_interviews(folder: Path, names: Iterable[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.txt").write_text(interview(name), encoding="utf-8")
    return folder


def table(rows: Sequence[dict[str, object]], *columns: str) -> str:
    """A gold table as CSV text; its columns are those that the rows use."""
    names = columns or tuple(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


_SAID = (
    ("working together is very good, {} is", "effectiveness"),
    ("it works, the {} and the police", "effectiveness"),
    ("we save money with the {}", "cost_saving"),
    ("money and cost, the {} is helpful", "cost_saving;effectiveness"),
    ("meetings, and the {} is talk and nothing", "talking_shop"),
    ("never information, the {} is useless", ""),
)
_ATTITUDES = ("positive", "neutral", "positive", "positive", "negative", "negative")


def gold_rows(
    groups: Sequence[str] = ("g1", "g2", "g3", "g4"),
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Units by two coders and their adjudication, and attitudes in rows of their own."""
    units: list[dict[str, object]] = []
    attitudes: list[dict[str, object]] = []
    for number, group in enumerate(groups):
        partner = ("council", "housing officer", "health")[number % 3]
        for i, (said, codes) in enumerate(_SAID):
            name, text = f"{group}/{i}", said.format(partner)
            head = {"id": name, "group": group, "context": "what do you think ?", "text": text}
            units.append(head | {"codes": codes, "coder": "ann"})
            units.append({"id": name, "group": group, "codes": codes if i % 2 else "", "coder": "bob"})
            units.append({"id": name, "group": group, "codes": codes, "coder": "adjudicated"})
            start = text.index(partner)
            for coder in ("ann", "bob", "adjudicated"):
                place = {"mention": partner, "mention_start": start, "mention_end": start + len(partner)}
                attitudes.append({"id": name, "coder": coder, **place, "attitude": _ATTITUDES[i]})
                if i != 2:
                    attitudes.append(
                        {"id": name, "coder": coder, "partner_type": "partnership", "attitude": _ATTITUDES[i]}
                    )
    return units, attitudes


def part_of(transcript, segments, coded, notes, group=""):
    """A part of a run from coded segments made by hand, row by row: what `pipeline.parts` does by columns."""
    import pyarrow as pa

    from pipeline.store import SCHEMAS, Part, transcript_row
    from pipeline.types import PARTNERSHIP

    places = SCHEMAS["segments"].names
    rows = {
        "transcripts": [transcript_row(transcript)],
        "segments": [{name: getattr(item, name) for name in places} | {"role": item.role.value} for item in segments],
        "themes": [
            {
                "segment_id": item.segment.segment_id,
                "code": s.code,
                "probability": s.probability,
                "assigned": s.assigned,
            }
            for item in coded
            for s in item.themes
        ],
        "attitudes": [
            {
                "segment_id": item.segment.segment_id,
                "start": score.mention.start if score.mention else None,
                "end": score.mention.end if score.mention else None,
                "mention": score.mention.text if score.mention else None,
                "partner_type": score.mention.partner_type if score.mention else PARTNERSHIP,
                "attitude": score.attitude.value,
                "negative": score.negative,
                "neutral": score.neutral,
                "positive": score.positive,
            }
            for item in coded
            for score in item.attitudes
        ],
        "review": [
            {"segment_id": item.segment.segment_id, "uncertainty": item.uncertainty, "review": item.review}
            for item in coded
        ],
    }
    tables = {name: pa.Table.from_pylist(rows[name], schema=schema) for name, schema in SCHEMAS.items()}
    return Part(transcript.transcript_id, group, tables, notes, {})


def code_segments(predictor, segments, mentions, *, wanted=None, risk=None):
    """Coded segments as objects, put together row by row, and how many were cut: what `pipeline.parts` does by columns.

    Args:
        mentions: those of each segment.
    """
    from models.decisions import ATTITUDES
    from pipeline.coding import code_units, likeliest, rounded, unit_of
    from pipeline.types import Attitude, AttitudeScore, CodedSegment, ThemeScore

    def attitude(mention, probabilities):
        return AttitudeScore(mention, Attitude(ATTITUDES[likeliest(probabilities)]), *rounded(probabilities).tolist())

    units = [unit_of(segment, found) for segment, found in zip(segments, mentions, strict=True)]
    if not units:
        return [], 0
    codings = code_units(predictor, units, wanted=wanted, risk=risk)
    coded, target = [], 0
    for row, (segment, found) in enumerate(zip(segments, mentions, strict=True)):
        attitudes = [attitude(None, codings.partnership[row])] if codings.present[row] else []
        if codings.attitudes is not None:
            attitudes += [attitude(mention, codings.attitudes[target + i]) for i, mention in enumerate(found)]
        target += len(found)
        scores = zip(codings.codes, rounded(codings.themes[row]).tolist(), codings.assigned[row].tolist(), strict=True)
        themes = tuple(ThemeScore(*score) for score in scores)
        uncertainty = float(rounded(codings.uncertainty[row]))
        coded.append(CodedSegment(segment, themes, tuple(attitudes), uncertainty, bool(codings.review[row])))
    return coded, int(codings.truncated.sum())
