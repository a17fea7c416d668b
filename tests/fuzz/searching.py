"""How the fuzzers search: new inputs at each run, without a limit of time for one, down to a small failing one."""

from hypothesis import HealthCheck, Phase, settings


def search_settings(inputs: int) -> settings:
    """Return the settings of a search through `inputs` inputs."""
    return settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
