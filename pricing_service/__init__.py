"""The service: takes the tills' records, keeps every customer's belief, and publishes what tills decide from."""
