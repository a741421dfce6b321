"""What a server and the edge agree on: apart, so that commands that serve nothing need not load
all of GraphQL, which takes them a third of a second."""

PUSHING = "gamification.pushing"
"""Where a server that can push offers it, in a socket's `extensions`: a `Pushing`."""

STREAMING = "gamification.streaming"
"""Where it offers the same for event streams, in a request's `extensions`: a `Streaming`."""
