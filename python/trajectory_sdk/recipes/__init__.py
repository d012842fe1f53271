"""Recipes: message lists of common formats as `Message` values, one file a format."""
