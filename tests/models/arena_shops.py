"""Small shops for the arena's tests."""

from models.arena_match import Size

SMALL = Size(400, 3, 400, 6)
