"""The states of a dataset: which action leads where."""

from itertools import product

from oa_api.datasets.withdrawals import DatasetAction, OfferState, next_state


def test_files_of_a_published_dataset_cannot_be_deleted() -> None:
    deletable = [state for state in OfferState if next_state(state, DatasetAction.DELETE)]
    assert deletable == [OfferState.RETIRED]


def test_no_action_but_a_restore_offers_a_dataset() -> None:
    offering = {
        (state, action)
        for state, action in product(OfferState, DatasetAction)
        if next_state(state, action) in {OfferState.PUBLISHED, OfferState.REOPENED}
    }
    assert offering == {(state, DatasetAction.RESTORE) for state in (OfferState.RETIRED, OfferState.DELETED)}


def test_every_state_can_be_left_and_reached() -> None:
    for state in OfferState:
        assert any(next_state(state, action) for action in DatasetAction)
    reached = {next_state(state, action) for state, action in product(OfferState, DatasetAction)}
    assert reached - {None} == set(OfferState)
