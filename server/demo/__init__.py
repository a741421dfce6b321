"""The demo: an example program, and members whose activity never quite stops."""
