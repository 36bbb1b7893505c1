"""The networks: encoder, heads, the joint model, its training and its files."""
