"""The wire types, a module a noun. The server answers with the same classes."""
