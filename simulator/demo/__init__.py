"""The demonstration: the whole house run from outside, by the commands that a manager uses, against the simulator."""
