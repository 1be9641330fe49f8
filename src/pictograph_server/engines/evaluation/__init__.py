"""A model measured on annotated images, through the very arithmetic its users will call."""
