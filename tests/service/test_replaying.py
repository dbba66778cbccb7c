"""Beliefs are derived: another release means computing them anew from the log."""

from sqlalchemy import text

from pricing_service import releases, replaying
from pricing_service.database import Database
from pricing_service.settings import Settings
from tests.service.places import Client, Pen, listening


def test_beliefs_of_another_release_are_computed_anew_at_the_start(
    settings: Settings, database: Database
) -> None:
    pen = Pen(settings)
    with listening(settings) as port:
        client = Client(port)
        pen.send(client, [pen.write(("asked_more", "accepted")), pen.write(card="another")])
        client.close()
    with database.reading() as connection:
        right = replaying.stored(connection)
    with database.writing() as connection:
        connection.execute(text("UPDATE beliefs SET release = 'older', visits = 99"))
        connection.execute(text("UPDATE releases SET identity = 'older'"))
    with listening(settings):
        pass
    with database.reading() as connection:
        assert replaying.stored(connection) == right
        names = set(connection.execute(text("SELECT release FROM beliefs")).scalars())
    assert names == {releases.hand_made().model.release}
