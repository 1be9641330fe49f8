"""How requests are made: transport, retries, pages, waiting."""
