"""The packaged tiny SAM 3, from nothing: scenes, training, export and measurement. See docs/engines/tiny.md."""
