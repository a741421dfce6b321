"""How hard the laws are tried: a hundred examples or so, thousands with the profile `thorough`.

`pytest tests/laws --hypothesis-profile=thorough` is the long proof.
"""

from hypothesis import HealthCheck, settings

THOROUGH = "thorough"
_SUPPRESSED = [
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.function_scoped_fixture,
]

settings.register_profile(
    THOROUGH,
    max_examples=2000,
    deadline=None,
    print_blob=True,
    suppress_health_check=_SUPPRESSED,
)


def tried(times: float = 1) -> settings:
    """So many times the examples of the profile in force (100 unless it says otherwise)."""
    return settings(
        max_examples=max(1, round(settings().max_examples * times)),
        suppress_health_check=_SUPPRESSED,
        deadline=None,
    )
