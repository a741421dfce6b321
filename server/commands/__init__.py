"""One file for each command: what it is given, which use case it calls, what it prints."""
