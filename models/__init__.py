"""The Bayesian side of Rung: releases, the float reference, simulated shoppers. Nothing here runs on a till."""
