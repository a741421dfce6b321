"""What a server and the sockets agree on: apart, so that commands that serve nothing need not load
all of GraphQL, which takes them a third of a second."""

PUSHING = "gamification.pushing"
"""Where a server that can push offers it, in a socket's `extensions`: a `Pushing`."""
