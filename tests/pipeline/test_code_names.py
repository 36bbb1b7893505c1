"""Codes as people write them."""

from pipeline.code_names import CodeNames, apart, likely_meant


def test_a_cell_of_an_unknown_codebook_is_read_to_the_letter():
    assert CodeNames({}).read(" Trust ; police, health;;") == {"Trust", "police, health"}


def test_what_is_likely_meant_may_be_a_label():
    labels = {"focus": "Undisturbed work", "lonely": "Loneliness"}
    assert likely_meant("Undisturbd work", labels, labels) == "focus"
    assert likely_meant("Fokus", labels, labels) == likely_meant("fokus", labels) == "focus"
    assert likely_meant("Undisturbd work", labels) == likely_meant("weather", labels, labels) == ""


def test_commas_part_codes_only_where_each_is_known():
    known = {"trust", "police, health", "police"}.__contains__
    assert apart("trust, police", known) == apart("trust\npolice,", known) == ["trust", "police"]
    assert apart("police, health", known) == ["police, health"] and apart("trust, weather", known) == ["trust, weather"]
