"""Drawn road-sign scenes whose truth is known, for the demo and the tests."""
