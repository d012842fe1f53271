"""The types of a trajectory."""
