"""Updates of a device: what is signed by whom, which image is ours, and how it gets into the other slot.

Loaded when an update is looked for and forgotten after; it imports nothing of the till. Errors are `Refusal`.
"""
