"""What an agent can do, a module for each noun. Each module ends with its `TOOLS`."""
