"""A deterministic simulator of tills, a service and everything that goes wrong between them.

The code on both ends is the real one; only network, clock, chance and media are simulated. A history is a pure function
of its seed. ``python -m tests.simulator 1000`` plays a thousand of them; docs/faults.md says what they hold to.
"""
