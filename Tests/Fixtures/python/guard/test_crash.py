import pytest

import crash

WAYS = ["exits", "returns", "is killed", "is terminated", "aborts", "stays"]


@pytest.mark.parametrize("way", WAYS)
def test_leave(way):
    assert crash.leave(way) == way
