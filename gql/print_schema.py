"""`python -m gql.print_schema > schema.graphql` brings the committed schema in step."""

import sys

from gql.schema import printed_schema

if __name__ == "__main__":
    sys.stdout.write(printed_schema())
