"""The run as one self-contained HTML page that opens offline."""

from pipeline.report.page import write_report

__all__ = ["write_report"]
