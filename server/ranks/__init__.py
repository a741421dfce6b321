"""Indexes of ranks that one process holds, fed by commits."""
