"""Transforms of trajectories: what `init(transforms=[...])` takes."""
