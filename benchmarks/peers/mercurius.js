// Fastify and Mercurius, with its just-in-time compiler.
const fastify = require('fastify');
const mercurius = require('mercurius');
const { recordActivity, top, refresher, typeDefs } = require('./store');

const app = fastify({ logger: false });
let following = 0;
let pubsub;
const refresh = refresher((entries) =>
  pubsub.publish({ topic: 'TOP', payload: { leaderboardTop: entries } }));

app.register(mercurius, {
  jit: 1,
  graphiql: false,
  schema: typeDefs,
  subscription: {
    onConnect: () => { following += 1; return true; },
    onDisconnect: () => { following -= 1; },
  },
  resolvers: {
    Query: { leaderboard: (_, { top: count }) => top(count) },
    Mutation: {
      recordActivity: async (_, { memberId, type, value }, context) => {
        pubsub = context.pubsub;
        const recorded = await recordActivity(memberId, type, value);
        if (following) refresh();
        return recorded;
      },
    },
    Subscription: { leaderboardTop: { subscribe: (_, __, context) => context.pubsub.subscribe('TOP') } },
  },
});
app.listen({ port: 0, host: '127.0.0.1' })
  .then(() => console.log(app.server.address().port));
