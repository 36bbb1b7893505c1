"""A run spread over the machines of a Ray cluster."""

from pipeline.cluster.connection import Cluster

__all__ = ["Cluster"]
