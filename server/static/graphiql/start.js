"use strict";

const key = document.querySelector("meta[name=api-key]").content;
const asked = new URLSearchParams(location.search);

const welcome = `# Ctrl-Enter runs this. The API key is
# in "Headers" below; the book at the
# left explains every type and field.
{
  program {
    key
    name
  }
  members(first: 3) {
    edges {
      node {
        externalId
        displayName
        points { name balance }
      }
    }
  }
}
`;

// With an address instead of a client, GraphiQL sends the headers of its editor along in
// `connection_init`, so subscriptions carry the same credentials as queries.
const fetcher = GraphiQL.createFetcher({
  url: "/graphql",
  subscriptionUrl: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
});

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: welcome,
    query: asked.get("query") ?? undefined,
    variables: asked.get("variables") ?? undefined,
    headers: JSON.stringify({ Authorization: `Bearer ${key || "<API key>"}` }, null, 2),
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: "headers",
  }),
);
