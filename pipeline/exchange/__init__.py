"""To and from other programs: hand-coded projects in, codings out.

Every reader gives a `Project`, every writer takes one, and `Project` and the gold table or the run folder change into each
other in one place. So a format is one module, and each has the same idea of an offset.
"""
