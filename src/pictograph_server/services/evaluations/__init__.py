"""Models measured again, on any dataset that has annotations."""
