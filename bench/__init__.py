"""hyperpy beside its peers: `python -m bench [render|http|streams|channels] [--quick]`.

Absolute times say little about another machine, or about this one tomorrow. So everything is a ratio to a limit that is
measured in the same run: each round measures every peer once, and a ratio is always that of two figures of one round.
"""
