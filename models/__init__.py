"""The tables, their migrations, and the adapters that hide them behind the core's ports."""
