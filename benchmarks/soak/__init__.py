"""Hours of work on one server, compressed: whether it leaks, grows, loses or repeats anything."""
