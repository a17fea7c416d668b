from oa_api.jobs.pages.summary import compare_results


def test_compare_results_finds_losses_since_the_last_publication() -> None:
    now, before = {"count": 80, "fields": {"number": 80, "unit": 3}}, {"count": 100, "fields": {"number": 85}}
    found = {difference.name: difference for difference in compare_results(now, before)}
    assert found["features"].change == -0.2
    assert found["features"].is_notable is True
    assert not found["number"].is_notable
    assert found["unit"].change is None


def test_compare_results_of_another_shape_finds_nothing() -> None:
    assert compare_results({"count": "many", "fields": [1]}, {}) == []
