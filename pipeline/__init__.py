"""The stages, in the order in which a transcript passes through them."""

__version__ = "0.11.0"
