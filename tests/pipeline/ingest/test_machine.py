"""JSON of speech-to-text services: who says what and when, which service it is, and what is no transcript."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from looking import check_laws, said, turns_by_speaker

from pipeline.errors import NotATranscript, UnreadableInput
from pipeline.ingest import machine, read_transcript
from pipeline.ingest.spoken import speaker_name


def words(transcript) -> list[str]:
    return " ".join(part for _, parts in said(transcript) for part in parts).split()


def times(transcript) -> list[tuple[float | None, float | None]]:
    return [(s.start_time, s.end_time) for turn in transcript.turns for s in turn.stretches]


REAL = {
    "assemblyai_utterances": {"Speaker A": 1},
    "assemblyai_no_utterances": {"Speaker A": 1},
    "aws_bedrock_data_automation": {"spk_1": 16, "spk_0": 16},
    "aws_call_analytics": {"AGENT": 19, "CUSTOMER": 18},
    "aws_transcribe_speakers": {"spk_0": 4, "spk_1": 2, "spk_2": 1},
    "deepgram_speakers": {"Speaker 0": 2, "Speaker 1": 5, "Speaker 2": 3},
    "deepgram_speakers_no_utterances": {"Speaker 0": 2, "Speaker 1": 5, "Speaker 2": 3},
    "google_stt_diarized_italian": {"Speaker 3": 4, "Speaker 1": 4},
    "podcastindex_example": {"Darth Vader": 1, "Luke": 1},
    "whisper_timestamped": {None: 1},
}


@pytest.mark.parametrize("name", REAL)
def test_real_files(formats: Path, name):
    transcript = read_transcript(formats / "json" / f"{name}.json")
    check_laws(transcript)
    assert turns_by_speaker(transcript) == REAL[name]
    starts = [start for start, _ in times(transcript)]
    assert None not in starts and starts == sorted(starts)
    assert all(end is None or start <= end for start, end in times(transcript))


def whole(content, *path):
    for key in path:
        content = content[key]
    return content.split()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("assemblyai_utterances", ("text",)),
        ("assemblyai_no_utterances", ("text",)),
        ("aws_transcribe_speakers", ("results", "transcripts", 0, "transcript")),
        ("aws_bedrock_data_automation", ("audio", "transcript", "representation", "text")),
        ("deepgram_speakers", ("results", "channels", 0, "alternatives", 0, "transcript")),
        ("deepgram_speakers_no_utterances", ("results", "channels", 0, "alternatives", 0, "transcript")),
        ("whisper_timestamped", ("text",)),
    ],
)
def test_every_word_of_the_services_own_text_is_there_once(formats: Path, name, path):
    file = formats / "json" / f"{name}.json"
    assert words(read_transcript(file)) == whole(json.loads(file.read_text()), *path)


def test_the_two_deepgram_files_of_one_recording_agree(formats: Path):
    one, other = (read_transcript(formats / "json" / f"deepgram_speakers{end}.json") for end in ("", "_no_utterances"))
    turns = [
        [(turn.speaker, " ".join(parts)) for turn, (_, parts) in zip(t.turns, said(t), strict=True)]
        for t in (one, other)
    ]
    assert turns[0] == turns[1]


@pytest.mark.parametrize(
    ("table", "call"),
    [
        ("aws_bda_table_topics", "aws_bedrock_data_automation"),
        ("aws_call_analytics_table", "aws_call_analytics"),
    ],
)
def test_the_json_and_the_word_export_of_one_call_agree(formats: Path, table, call):
    calls = (formats / "docx" / f"{table}.docx", formats / "json" / f"{call}.json")
    one, other = (
        [(who.casefold(), " ".join(" ".join(parts).split())) for who, parts in said(read_transcript(call)) if who]
        for call in calls
    )
    assert one == other and len(one) > 30


def test_google_counts_no_word_twice(formats: Path):
    file = formats / "json" / "google_stt_diarized_italian.json"
    undiarized = json.loads(file.read_text())["response"]["results"][:-1]
    expected = [word["word"] for result in undiarized for word in result["alternatives"][0]["words"]]
    assert words(read_transcript(file)) == expected


MADE = {
    "whisperx": (
        {
            "segments": [
                {
                    "start": 0.1,
                    "end": 1.5,
                    "text": " Who came?",
                    "speaker": "SPEAKER_01",
                    "words": [{"word": "Who", "speaker": "SPEAKER_00"}],
                },
                {
                    "start": 1.6,
                    "end": 3.0,
                    "text": " The 3 police.",
                    "words": [
                        {"word": "The", "start": 1.6, "end": 1.8, "speaker": "SPEAKER_00"},
                        {"word": "3"},
                        {"word": "police.", "start": 2.1, "end": 3.0, "speaker": "SPEAKER_00"},
                    ],
                },
                {
                    "start": 3.1,
                    "end": 4.0,
                    "text": " Yes? No.",
                    "words": [
                        {"word": "Yes?", "start": 3.1, "end": 3.3, "speaker": "SPEAKER_01"},
                        {"word": "No.", "start": 3.5, "end": 4.0, "speaker": "SPEAKER_00"},
                    ],
                },
                {"start": 5.0, "end": 6.0, "text": " Hm."},
            ],
            "word_segments": [],
            "language": "en",
        },
        [
            ("SPEAKER_01", ["Who came?"], 0.1),
            ("SPEAKER_00", ["The 3 police."], 1.6),
            ("SPEAKER_01", ["Yes?"], 3.1),
            ("SPEAKER_00", ["No."], 3.5),
            (None, ["Hm."], 5.0),
        ],
    ),
    "whisper.cpp": (
        {
            "result": {"language": "en"},
            "transcription": [
                {
                    "timestamps": {"from": "00:00:01,500", "to": "00:00:02,000"},
                    "offsets": {"from": 1500, "to": 2000},
                    "text": " Hi there.",
                }
            ],
        },
        [(None, ["Hi there."], 1.5)],
    ),
    "azure batch": (
        {
            "source": "x",
            "recognizedPhrases": [
                {
                    "recognitionStatus": "Success",
                    "channel": 0,
                    "speaker": 2,
                    "offset": "PT1M0.5S",
                    "duration": "PT1.5S",
                    "nBest": [{"lexical": "no", "display": "No."}, {"display": "Know."}],
                },
                {
                    "recognitionStatus": "Success",
                    "channel": 0,
                    "speaker": 1,
                    "offset": "PT0.07S",
                    "duration": "PT1.59S",
                    "offsetInTicks": 700000.0,
                    "durationInTicks": 15900000.0,
                    "nBest": [{"display": "Did they come?"}],
                },
                {"recognitionStatus": "Failure", "channel": 0, "offset": "PT9S", "duration": "PT1S"},
            ],
        },
        [("Speaker 1", ["Did they come?"], 0.07), ("Speaker 2", ["No."], 60.5)],
    ),
    "azure batch, channels": (
        {
            "recognizedPhrases": [
                {"channel": 0, "offset": "PT1S", "duration": "PT1S", "nBest": [{"display": "One."}]},
                {"channel": 0, "offset": "PT5S", "duration": "PT1S", "nBest": [{"display": "Three."}]},
                {"channel": 1, "offset": "PT3S", "duration": "PT1S", "nBest": [{"display": "Two."}]},
            ]
        },
        [("Channel 0", ["One."], 1.0), ("Channel 1", ["Two."], 3.0), ("Channel 0", ["Three."], 5.0)],
    ),
    "azure fast": (
        {
            "durationMilliseconds": 5000,
            "combinedPhrases": [{"text": "Hi. No."}],
            "phrases": [
                {"speaker": 1, "offsetMilliseconds": 120, "durationMilliseconds": 80, "text": "Hi."},
                {"speaker": 2, "offsetMilliseconds": 2600, "durationMilliseconds": 1400, "text": "No."},
            ],
        },
        [("Speaker 1", ["Hi."], 0.12), ("Speaker 2", ["No."], 2.6)],
    ),
    "google v2": (
        {
            "results": [
                {
                    "alternatives": [
                        {
                            "transcript": "So? Yes.",
                            "words": [
                                {"word": "So?", "startOffset": "0.1s", "endOffset": "0.3s", "speakerLabel": "1"},
                                {"word": "Yes.", "startOffset": "1s", "endOffset": "1.5s", "speakerLabel": "2"},
                            ],
                        }
                    ]
                },
                {
                    "alternatives": [
                        {
                            "transcript": "And no.",
                            "words": [
                                {"word": "And", "startOffset": "2s", "endOffset": "2.1s", "speakerLabel": "2"},
                                {"word": "no.", "startOffset": "2.1s", "endOffset": "2.5s", "speakerLabel": "2"},
                            ],
                        }
                    ]
                },
                {"languageCode": "en-us"},
            ]
        },
        [("Speaker 1", ["So?"], 0.1), ("Speaker 2", ["Yes.", "And no."], 1.0)],
    ),
    "google, text alone": (
        {"results": [{"alternatives": [{"transcript": "So it goes."}], "resultEndTime": "3s"}]},
        [(None, ["So it goes."], None)],
    ),
    "deepgram, channels": (
        {
            "results": {
                "channels": [
                    {
                        "alternatives": [
                            {
                                "transcript": "hi there",
                                "words": [
                                    {"word": "hi", "start": 0.0, "end": 0.2},
                                    {"word": "there", "start": 9.0, "end": 9.2},
                                ],
                            }
                        ]
                    },
                    {
                        "alternatives": [
                            {
                                "transcript": "oh",
                                "words": [{"word": "oh", "start": 4.0, "end": 4.2, "punctuated_word": "Oh!"}],
                            }
                        ]
                    },
                ]
            }
        },
        [("Channel 0", ["hi"], 0.0), ("Channel 1", ["Oh!"], 4.0), ("Channel 0", ["there"], 9.0)],
    ),
    "aws channels": (
        {
            "results": {
                "transcripts": [{"transcript": "When? It seems."}],
                "items": [],
                "channel_labels": {
                    "channels": [
                        {
                            "channel_label": "ch_0",
                            "items": [
                                {
                                    "start_time": "12.282",
                                    "end_time": "12.592",
                                    "alternatives": [{"content": "When"}],
                                    "type": "pronunciation",
                                },
                                {"alternatives": [{"content": "?"}], "type": "punctuation"},
                            ],
                        },
                        {
                            "channel_label": "ch_1",
                            "items": [
                                {
                                    "start_time": "12.379",
                                    "end_time": "12.589",
                                    "alternatives": [{"content": "It"}],
                                    "type": "pronunciation",
                                },
                                {
                                    "start_time": "12.6",
                                    "end_time": "12.8",
                                    "alternatives": [{"content": "seems"}],
                                    "type": "pronunciation",
                                },
                            ],
                        },
                    ]
                },
            }
        },
        [("ch_0", ["When?"], 12.282), ("ch_1", ["It seems"], 12.379)],
    ),
    "rev": (
        {
            "monologues": [
                {
                    "speaker": 0,
                    "elements": [
                        {"type": "text", "value": "Hello", "ts": 0.5, "end_ts": 1.5},
                        {"type": "punct", "value": " "},
                        {"type": "text", "value": "World", "ts": 1.75, "end_ts": 2.85},
                        {"type": "punct", "value": "."},
                    ],
                },
                {
                    "speaker": 1,
                    "speaker_info": {"display_name": "Ann"},
                    "elements": [{"type": "text", "value": "Hi", "ts": 3.0, "end_ts": 3.1}],
                },
            ]
        },
        [("Speaker 0", ["Hello World."], 0.5), ("Ann", ["Hi"], 3.0)],
    ),
    "assemblyai": (
        {
            "audio_url": "x",
            "text": "Hi. Yes.",
            "words": [],
            "utterances": [
                {"speaker": "A", "text": "Hi.", "start": 170, "end": 718, "words": []},
                {"speaker": "B", "text": "Yes.", "start": 1000, "end": 1200, "words": []},
            ],
        },
        [("Speaker A", ["Hi."], 0.17), ("Speaker B", ["Yes."], 1.0)],
    ),
}


@pytest.mark.parametrize("name", MADE)
def test_kinds_that_no_real_file_stands_for(read, name):
    content, expected = MADE[name]
    transcript = read(json.dumps(content), "a.json")
    assert transcript.format == "json"
    assert [
        (who, parts, turn.stretches[0].start_time)
        for turn, (who, parts) in zip(transcript.turns, said(transcript), strict=True)
    ] == expected


def test_half_a_character_in_a_name_goes(read):
    content = '{"monologues": [{"speaker": "Ann \\ud800", "elements": [{"type": "text", "value": "We ring\\udc00.", "ts": 0}]}]}'
    assert said(read(content, "a.json")) == [("Ann", ["We ring."])]


def test_what_is_odd_in_a_file_is_told_or_cleaned(read):
    segments = [
        {"start": 0, "end": float("nan"), "text": " One\u0000 \n two 👩\u200d👩\u200d👧 \ud83d", "speaker": "A"},
        {"start": 9, "end": 3, "text": "Three.", "speaker": None},
        {"start": 10, "end": 11, "text": "   ", "speaker": "B"},
        {"start": 11, "end": 12, "text": "[Music]", "speaker": "B"},
        {"start": 12, "end": 12, "text": "[PII].", "speaker": "A"},
    ]
    transcript = read(json.dumps({"segments": segments}), "a.json")
    assert said(transcript) == [
        ("Speaker A", ["One two 👩\u200d👩\u200d👧"]),
        (None, ["Three."]),
        ("Speaker A", ["[PII]."]),
    ]
    assert times(transcript) == [(0.0, None), (9.0, None), (12.0, 12.0)]
    assert "[Music]" in transcript.text
    assert "1 of 3 utterances have no speaker" in transcript.warnings


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"a": 1, "codes": []}', "object with a, codes.*known are Deepgram, AWS Transcribe.*Whisper"),
        ("[]", "a list of 0"),
        ('[{"x": 1}]', "a list of 1, the first an object with x"),
        ("3", "a single value"),
        ('{"segments": []}', "object with segments"),
    ],
)
def test_json_of_something_else_is_named_with_what_is_known(read, content, says):
    with pytest.raises(NotATranscript, match=says) as caught:
        read(content, "a.json")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"segments": [{"start": 0, "text": "Hi"', "not valid JSON.*cut off"),
        ("[" * 100_000, "nested too deeply"),
        ('{"segments": [{"start": "soon", "text": "Hi"}]}', "looks like Whisper.*not built"),
        ('{"segments": [{"start": 0, "text": {"a": 1}}]}', "looks like Whisper.*not built"),
        ('{"recognizedPhrases": 3}', "looks like Azure"),
        ('{"segments": [{"start": 0, "text": " "}]}', "no words"),
        ('{"segments": [{"start": 1e999, "text": "Hi"}, {"start": ' + "9" * 5000 + ', "text": "Ho"}]}', "."),
    ],
)
def test_damaged_json_is_refused_in_words(read, content, says):
    with pytest.raises(UnreadableInput, match=says) as caught:
        read(content, "a.json")
    assert not isinstance(caught.value, NotATranscript) and caught.value.remedy


@given(st.one_of(st.none(), st.integers(), st.text(), st.booleans(), st.lists(st.integers()), st.floats()))
def test_a_label_is_a_plain_name_or_none(label):
    name = speaker_name(label)
    assert name is None or (name == name.strip() and "\n" not in name and name)


VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 10**9), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=4,
)


@given(name=st.sampled_from(sorted(MADE)), value=VALUE, place=st.integers(0, 10**6))
def test_any_damage_to_one_value_gives_a_reading_or_a_reason(name, value, place):
    content = json.loads(json.dumps(MADE[name][0]))
    spots: list[tuple[object, object]] = []

    def walk(node):
        for key, inner in node.items() if isinstance(node, dict) else enumerate(node):
            spots.append((node, key))
            if isinstance(inner, (dict, list)):
                walk(inner)

    walk(content)
    node, key = spots[place % len(spots)]
    node[key] = value  # type: ignore[index]
    try:
        draft = machine.read(json.dumps(content).encode())
    except UnreadableInput as error:
        assert error.reason
        return
    for turn in draft.turns:
        for stretch in turn.stretches:
            assert draft.text[stretch.start : stretch.end].strip()
            assert stretch.start_time is None or stretch.start_time >= 0
