"""REFI-QDA 1.0, the exchange format of NVivo, MAXQDA, ATLAS.ti, QualCoder and others: projects and codebooks."""
