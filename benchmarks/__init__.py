"""Benchmarks that users run too, each with its rival in the same run."""
