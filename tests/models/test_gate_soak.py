"""The gate keeps out what is bad and lets through what is good, over hundreds of fits of the real sampler."""

import os

import pytest

from tests.models import gate_soak

SOAK = bool(os.environ.get("RUNG_SOAK"))


@pytest.mark.skipif(not SOAK, reason="twenty minutes: `make soak`; test_gate plants every fault once")
def test_of_two_hundred_faults_none_is_published_and_of_two_hundred_good_fits_at_least_190(tmp_path):
    found = list(gate_soak.verdicts(200, 200, tmp_path / "gate.jsonl"))
    gate_soak.show(found)
    assert [each for each in found if each["kind"] != "good" and each["passed"]] == []
    assert sum(each["passed"] for each in found if each["kind"] == "good") >= 190
