"""What was known of members before changes of attributes were facts becomes one: it held always.

Without these a replay would judge by members of whom nothing is known.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

FACTS = """
INSERT INTO activity (program_id, key, member_id, type, value, properties, occurred_at, received_at)
SELECT m.program_id, 'attributes of ' || CAST(m.id AS TEXT), m.id, 'member:changed', 0, m.attributes,
    0, m.registered_at
FROM member m
WHERE m.attributes <> '{}' AND NOT EXISTS (
    SELECT 1 FROM activity a
    WHERE a.program_id = m.program_id AND a.member_id = m.id AND a.type = 'member:changed'
)
"""
TALLIES = """
INSERT INTO tally (program_id, member_id, metric, window_key, subject, value, peak, reached_at,
    touches, ranked)
SELECT a.program_id, a.member_id, 'member:changes', '', '', 10000, 10000, 0, 1, false
FROM activity a
WHERE a.type = 'member:changed' AND a.occurred_at = 0
ON CONFLICT (member_id, metric, window_key, subject) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0007_periods")]

    operations = [
        ops.RunSQL(FACTS, "SELECT 1"),
        ops.RunSQL(TALLIES, "SELECT 1"),
    ]
