"""Convergence: pure state machines over what the cluster says, one for each kind of controller."""
