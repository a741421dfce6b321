"""The commands: one async file each, one transaction each. They know ports and nothing else."""
