"""Benchmarks of Typhon against other servers on the same machine; see docs/performance.md."""
