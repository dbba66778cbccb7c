"""What is learned from checkouts: the belief in floats, the release a till carries, simulated shoppers."""
