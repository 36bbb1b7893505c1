"""A run spread over the machines of a Ray cluster (`connection`).

Nothing is imported here: the process that counts for a run (`tally`) is to load no model's libraries.
"""
