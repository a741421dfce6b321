"""The composition root: settings, the app, the command line, and everything that is not GraphQL."""
