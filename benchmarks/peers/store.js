// PostgreSQL as users of `pg` write it: what both peers do, whatever their GraphQL.
const { Pool } = require('pg');

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 20 });

const INSERT = 'INSERT INTO activity (member_id, type, value) VALUES ($1, $2, $3) RETURNING id';
const UPSERT = `INSERT INTO score (member_id, score) VALUES ($1, $2)
  ON CONFLICT (member_id) DO UPDATE SET score = score.score + excluded.score, updated_at = now()
  RETURNING score`;
const TOP = `SELECT s.member_id, m.name, s.score FROM score s JOIN member m ON m.id = s.member_id
  ORDER BY s.score DESC, s.member_id DESC LIMIT $1`;

async function recordActivity(member, type, value) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const activity = await client.query({ name: 'insert', text: INSERT, values: [member, type, value] });
    const score = await client.query({ name: 'upsert', text: UPSERT, values: [member, value] });
    await client.query('COMMIT');
    return { activityId: activity.rows[0].id, memberId: member, score: Number(score.rows[0].score) };
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

async function top(count) {
  const { rows } = await pool.query({ name: 'top', text: TOP, values: [Math.min(count, 1000)] });
  return rows.map((row, index) => (
    { rank: index + 1, memberId: row.member_id, name: row.name, score: Number(row.score) }));
}

// At most one refresh is under way: the top is read once for a change, however many subscribe.
function refresher(publish) {
  let isBusy = false;
  let isStale = false;
  return async () => {
    isStale = true;
    if (isBusy) return;
    isBusy = true;
    try {
      while (isStale) {
        isStale = false;
        publish(await top(10));
      }
    } finally {
      isBusy = false;
    }
  };
}

const typeDefs = `
  type Entry { rank: Int! memberId: ID! name: String! score: Int! }
  type ActivityResult { activityId: ID! memberId: ID! score: Int! }
  type Query { leaderboard(top: Int! = 10): [Entry!]! }
  type Mutation { recordActivity(memberId: ID!, type: String!, value: Int!): ActivityResult! }
  type Subscription { leaderboardTop(n: Int! = 10): [Entry!]! }
`;

module.exports = { recordActivity, top, refresher, typeDefs };
