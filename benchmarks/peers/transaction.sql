-- What pgbench does for each activity: the floor under a mutation.
\set member random(1, 100000)
\set value random(1, 10)
BEGIN;
INSERT INTO activity (member_id, type, value) VALUES (:member, 'run', :value);
INSERT INTO score (member_id, score) VALUES (:member, :value)
  ON CONFLICT (member_id) DO UPDATE SET score = score.score + excluded.score, updated_at = now();
COMMIT;
