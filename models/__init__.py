"""The models: features of an observation, the policy network with its memory, and the reward model."""
