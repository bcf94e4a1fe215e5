"""Says what is allowed: policy and gate. Decides; never dials."""
