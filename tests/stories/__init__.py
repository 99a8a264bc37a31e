"""Stories of journeys, their totals worked out by hand: the truth is held to them, and so is the stream."""

from tests.stories.currencies import CURRENCIES
from tests.stories.customers import CUSTOMERS
from tests.stories.deals import DEALS
from tests.stories.edges import EDGES
from tests.stories.funnels import FUNNELS
from tests.stories.hours import HOURS
from tests.stories.leads import LEADS
from tests.stories.ledger import LEDGER
from tests.stories.moves import MOVES
from tests.stories.standing import STANDING
from tests.stories.telling import Story
from tests.stories.waiting import WAITING
from tests.stories.work import WORK

__all__ = ["STORIES", "Story"]

STORIES: list[Story] = [
    *(*LEADS, *WAITING, *DEALS, *MOVES, *FUNNELS, *EDGES, *HOURS, *WORK),
    *(*CURRENCIES, *CUSTOMERS, *LEDGER, *STANDING),
]
