-- The floor under a board of a hundred.
SELECT s.member_id, m.name, s.score FROM score s JOIN member m ON m.id = s.member_id
  ORDER BY s.score DESC, s.member_id DESC LIMIT 100;
