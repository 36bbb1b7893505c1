"""`themes train`: what is held out, in folds or as a part, and what is said of it."""

import json
import re

from messages import one_line
from toys import gold_rows, table


def test_training_in_folds(train, code, tmp_path, interviews):
    status, out, err = train("--folds", "2")
    assert (status, err) == (0, "")
    told = " ".join(out.split())
    assert "24 units in 2 folds: each is held out once, and then all are learnt from" in told
    assert "fold 2 of 2: " in told and "all codes, over the folds: alpha" in told
    card = (tmp_path / "model" / "README.md").read_text()
    assert "1 epoch on all units" in card and "dealt into folds" in card and "had not learnt from its fold" in card
    assert json.loads((tmp_path / "model" / "config.json").read_text())["training"]["counts"]["training units"] == 24
    assert code(interviews, "--model", tmp_path / "model")[0] == 0
    status, out, _ = train("--folds", "2")
    assert status == 0 and "nothing to do" in out
    for wrong, said in (("1", "one fold holds out everything"), ("21", "20")):
        status, _, err = train("--folds", wrong, out="other")
        assert status == 2 and said in one_line(err)
    status, _, err = train("--folds", "2", "--curve", out="other")
    assert status == 2 and "takes a held-out part, not folds" in one_line(err)


def test_small_gold_is_trained_on_in_folds_unasked(as_it_comes, train, tmp_path):
    told, training = as_it_comes()
    assert (
        "24 units in 4 folds, as 24 units are too few to set some aside (--folds 0 does): each is held out once, and then "
        "all are learnt from; it trains 5 times" in told
    )
    assert "fold 4 of 4: " in told and "all codes, over the folds: alpha" in told
    why = "24 units are too few to set some aside"
    assert training["held_out"] == {"asked": "auto", "folds": 4, "why": why}
    assert training["made_of"]["settings"]["folds"] == 5
    card = (tmp_path / "model" / "README.md").read_text()
    assert f"dealt into folds (4). The setting was `folds: auto`, as {why}." in card
    assert "were fitted on the folds' answers" in card
    assert "nothing to do" in as_it_comes()[0] and "nothing to do" in as_it_comes("--folds", "5")[0]
    status, _, err = train("--folds", "0")
    assert status == 2 and "trained with another gold, another folds (" in one_line(err)
    told, training = as_it_comes("--folds", "0", "--overwrite")
    assert "18 units to train on, 6 held out" in told and training["held_out"]["asked"] == 0
    told, training = as_it_comes("--curve", "--overwrite")
    assert "--curve needs a held-out part, but 24 units are too few to set some aside" in told
    assert training["held_out"] == {"asked": "auto", "folds": 0, "why": why}


def test_gold_of_any_kind_is_trained_on_as_it_comes(as_it_comes, gold_files, tmp_path):
    """Of one interview, without interviews, of attitudes only, none at all, and from another model."""
    rows = gold_rows()[0]
    for name, cell in (("one", {"group": "g", "sampled": "yes"}), ("without", {"group": ""})):
        (tmp_path / f"{name}.csv").write_text(table([row | cell for row in rows]))
    told, _ = as_it_comes(out="one", gold=[tmp_path / "one.csv"])
    assert "24 units in 5 folds, as a single group cannot be split: each is held out once" in told
    assert "all units are of one group, and stretches of it are held out" in told
    assert "drawn by `themes sample`, which over-draws rare codes" in told
    told, _ = as_it_comes(out="without", gold=[tmp_path / "without.csv"])
    assert "24 units in 5 folds, as 24 units are too few" in told and "the gold names no groups" in told
    assert "themes sample" not in told
    text = {row["id"]: row for row in rows if row.get("text")}
    (tmp_path / "stances.csv").write_text(table([{**text[row["id"]], **row, "codes": ""} for row in gold_rows()[1]]))
    told, training = as_it_comes(out="stances", gold=[tmp_path / "stances.csv"])
    assert "24 units in 4 folds" in told and training["learnt"]["attitudes"] and not training["learnt"]["themes"]
    told, training = as_it_comes(out="none", gold=())
    assert "no gold: codes will be suggested" in told and "held_out" not in training
    told, training = as_it_comes("--base", tmp_path / "one", out="further")
    assert "fold 4 of 4: " in told and training["learnt"]["themes"]


def test_gold_that_was_given_other_groups_is_dealt_anew_and_so_is_other_gold(train, tmp_path):
    rows = gold_rows()[0]
    (tmp_path / "gold.csv").write_text(table(rows))
    assert train("--folds", "2", gold=[tmp_path / "gold.csv"])[0] == 0
    (tmp_path / "gold.csv").write_text(table([row | {"group": str(row["id"]).split("/")[1]} for row in rows]))
    status, out, err = train("--folds", "2", gold=[tmp_path / "gold.csv"])
    assert status == 2 and "epoch" not in out
    assert "holds a model already, trained with another gold (" in one_line(err)


def test_a_curve_and_what_is_to_mind_stand_on_the_terminal_and_in_the_card(train, tmp_path):
    status, out, err = train("--curve")
    assert (status, err) == (0, "")
    card, told = (" ".join(text.split()) for text in ((tmp_path / "model" / "README.md").read_text(), out))
    assert "one group alone is held out" in told and "split by group (1 of 4 groups held out: " in card
    for text in (card, told):
        assert "no interval: only 1 group is held out" in text and "the coders with each other, on" in text
        assert "fewer than 3 groups are held out, and nothing tells whether that is chance" in text
    assert re.search(r"## Learning curve - \d+ units: alpha .* - \d+ units: alpha .* - 18 units: alpha ", card)
    gold = tmp_path / "two.csv"
    gold.write_text("id,group,text,codes\n1,g,Yes,\n2,h,No,talking_shop\n3,h,So,\n")
    status, _, err = train("--curve", out="none", gold=[gold])
    assert status == 2 and "a quarter, a half and all of" in one_line(err)
    assert not (tmp_path / "none").exists()


def test_training_says_what_it_does_and_what_it_held_out(train, tmp_path, gold_files):
    status, out, _ = train()
    lines = out.splitlines()
    assert status == 0 and lines[0] == f"reading {', '.join(map(str, gold_files))}"
    assert lines[1] == "loading PyTorch and the encoder"
    begins = next(i for i, line in enumerate(lines) if line.startswith("epoch 1 of 1 begins: "))
    (ends,) = (i for i, line in enumerate(lines) if line.startswith("epoch 1/1: loss"))
    assert begins < ends < lines.index("measuring what was learnt")
    held = re.search(r"held out: (.+)$", out, re.MULTILINE)[1]
    assert f"groups held out: {held})." in (tmp_path / "model" / "README.md").read_text()
