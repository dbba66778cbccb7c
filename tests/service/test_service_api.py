"""The analyst's way to a service: what it is told when something is not as it should be."""

import pytest

from models.service_api import ServiceApi, ServiceGone, ServiceRefused
from pricing_service.settings import Settings
from tests.service.places import listening


def test_an_analyst_reads_asks_and_is_told_what_was_wrong(settings: Settings) -> None:
    with listening(settings) as port:
        address = f"http://127.0.0.1:{port}"
        api = ServiceApi(address, settings.admin_token)
        assert api.settled("/v1/releases/0")["state"] == "in_force"
        prior = {
            "declaration": "rung-1",
            "name": "Mine",
            "words": {"need": {"half_need_more_than": 9, "sure_between": [5, 16]}},
        }
        kept = api.post("/v1/priors", id="mine", prior=prior)
        assert api.post("/v1/priors/mine/publish", version=kept["version"])["state"] == "published"
        with pytest.raises(ServiceRefused, match="unknown"):
            api.get("/v1/releases/99")
        with pytest.raises(ServiceRefused, match="token-needed"):
            ServiceApi(address, "somebody else").post("/v1/fits")
        api.post("/v1/fits", id="waiting")
        with pytest.raises(TimeoutError, match="is a worker running"):
            api.settled("/v1/fits/waiting", seconds=0)
    with pytest.raises(ServiceGone, match="start one with"):
        api.get("/v1/releases")
