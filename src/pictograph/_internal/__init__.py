"""What the client needs and nobody imports from outside."""
