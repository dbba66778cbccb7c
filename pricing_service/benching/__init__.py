"""Benchmarks: what this machine does, measured the way a client sees it."""
