"""Benchmarks: figures that are ratios, taken in one run, against what people would use otherwise.

Run them with `make bench` or `python -m tests.benchmarks`. They are no tests: nothing here passes or fails by time.
"""
