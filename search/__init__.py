"""Search over actions: given functions that propose and simulate, find a better action than the policy alone."""
