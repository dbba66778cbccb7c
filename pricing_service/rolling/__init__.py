"""`rung firmware simulate`: a fleet of simulated tills, good and bad images, and what a rollout makes of them."""
