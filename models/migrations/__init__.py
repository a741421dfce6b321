"""The history of the tables, one set for both databases.

Only CreateModel, AddField (nullable or with a database default), AddIndex and RunSQL may appear
here: Tortoise rebuilds a SQLite table for anything else, and loses indexes and rows while it does.
"""
