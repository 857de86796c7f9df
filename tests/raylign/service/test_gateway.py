"""What all routes of one gateway share."""

from pathlib import Path

from service import KEY, FakeRay, open_store

from raylign.service.bulletin import Bulletin
from raylign.service.gateway import Gateway
from raylign.service.home import open_home


def test_all_routes_of_a_gateway_remember_together(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    one, other = (
        Gateway(store=store, bulletin=Bulletin(), ray=FakeRay().client(), api_key=KEY, home=open_home(tmp_path))
        for _ in range(2)
    )
    assert one.authenticator is one.authenticator is not other.authenticator
    assert one.seal is one.seal is not other.seal
    assert one.quotas is one.quotas is not other.quotas
