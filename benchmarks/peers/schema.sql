-- The tables of the peers and of bare SQL: members with a score each, and one board.
CREATE TABLE member (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE activity (
  id bigserial PRIMARY KEY,
  member_id bigint NOT NULL REFERENCES member,
  type text NOT NULL,
  value int NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE score (
  member_id bigint PRIMARY KEY REFERENCES member,
  score bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO member SELECT i, 'member-' || i FROM generate_series(1, 100000) i;
INSERT INTO score SELECT i, hashint8(i)::bigint & 1048575 FROM generate_series(1, 100000) i;
CREATE INDEX score_rank ON score (score DESC, member_id DESC);
VACUUM ANALYZE;
