"""Measuring: a generator of data, a load client and a report. Run by hand; see docs/performance.md."""
