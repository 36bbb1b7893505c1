"""A run in the formats that people open: Excel, Word, CSV, JSON Lines, Label Studio, Prodigy.

Writers go through a run one transcript at a time (`stream`), so that memory does not grow with the corpus, and put what they
have written in place at the end (`staged`). Registered in `pipeline.exchange.registry`.
"""
