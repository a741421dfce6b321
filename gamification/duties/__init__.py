"""What time brings about: one file for each duty of the scheduler."""
