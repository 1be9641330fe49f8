"""Training engines: a module or a folder each, found by `registry.trainer_specs`."""
