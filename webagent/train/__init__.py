"""Training: what turns episodes into a policy. ``supervised`` imitates; each way of training is one file."""
