// Runs every audit of the GraphQL over HTTP specification against a server, and prints what came of
// them as JSON. Without the suite's own words on stdout nothing else could be read from there.
import { serverAudits } from "graphql-http";

const [url, secret] = process.argv.slice(2);

const fetchFn = (input, init = {}) =>
  fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${secret}` } });

const results = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const { name, status, reason = null } = await audit.fn();
  results.push({ id: audit.id, name, status, reason });
}
console.log(JSON.stringify(results));
