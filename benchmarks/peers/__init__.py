"""The same work by servers as others would write them, and by nothing but the parts below a server.

An activity is inserted and a score upserted in one transaction; a board of a hundred is asked for;
a board of ten is pushed to a thousand sockets.
"""
