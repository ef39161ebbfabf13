"""Benchmarks of hyperpy and its peers: `python -m bench [render|http|streams|channels] [--quick]`.

Absolute times say little about another machine, or about this one tomorrow. Results are therefore ratios to a baseline
measured in the same run: each round measures every peer once, and a ratio compares two figures from the same round.
"""
