"""What holds for all tests: how hypothesis searches, and how many servers the API's tests have."""

import pytest
from hypothesis import HealthCheck, settings

# Without a profile a slow machine would fail tests for being slow.
settings.register_profile(
    "house", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--servers",
        type=int,
        choices=(1, 2),
        default=1,
        help="how many servers the worlds of tests/api have; two share a PostgreSQL and a Valkey",
    )
