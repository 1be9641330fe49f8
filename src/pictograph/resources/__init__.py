"""What hangs on a client, a file a noun."""
