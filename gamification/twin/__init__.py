"""Without the twin every law would have to be tried on a database, a hundred times slower.

`Twin` fulfils `Store` on plain dicts. The contract suite in tests/store holds it to what the tables
do. A transaction works on a copy of the program's tables, and committing puts the copy in place.
"""

from gamification.twin.store import Twin

__all__ = ["Twin"]
