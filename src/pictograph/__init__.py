"""Pictograph: a folder of images in, a trained vision model out."""

__version__ = "0.1.0"
