// GraphQL Yoga, with graphql-ws for subscriptions as its documentation shows.
const { createServer } = require('node:http');
const { useServer } = require('graphql-ws/use/ws');
const { createPubSub, createSchema, createYoga } = require('graphql-yoga');
const { WebSocketServer } = require('ws');
const { recordActivity, top, refresher, typeDefs } = require('./store');

const pubsub = createPubSub();
let following = 0;
const refresh = refresher((entries) => pubsub.publish('top', entries));

async function* followed() {
  following += 1;
  try {
    yield* pubsub.subscribe('top');
  } finally {
    following -= 1;
  }
}

const yoga = createYoga({
  graphiql: false,
  landingPage: false,
  logging: false,
  schema: createSchema({
    typeDefs,
    resolvers: {
      Query: { leaderboard: (_, { top: count }) => top(count) },
      Mutation: {
        recordActivity: async (_, { memberId, type, value }) => {
          const recorded = await recordActivity(memberId, type, value);
          if (following) refresh();
          return recorded;
        },
      },
      Subscription: { leaderboardTop: { subscribe: followed, resolve: (entries) => entries } },
    },
  }),
});

const server = createServer(yoga);
useServer({
  execute: (args) => args.rootValue.execute(args),
  subscribe: (args) => args.rootValue.subscribe(args),
  onSubscribe: async (context, _id, params) => {
    const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
      ...context, req: context.extra.request, socket: context.extra.socket, params });
    const args = {
      schema,
      operationName: params.operationName,
      document: parse(params.query),
      variableValues: params.variables,
      contextValue: await contextFactory(),
      rootValue: { execute, subscribe },
    };
    const errors = validate(args.schema, args.document);
    return errors.length ? errors : args;
  },
}, new WebSocketServer({ server, path: yoga.graphqlEndpoint }));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
