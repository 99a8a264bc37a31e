"""Stories of merges, links and deletions: what ends where, and what vanishes."""

from __future__ import annotations

from tests.stories.telling import Story, deal, lead, told

MOVES: list[Story] = [
    # One enquiry, since the earlier day, answered 25 hours later; its deal comes along.
    told(
        "merged leads are one lead",
        "2026-03-06 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="active", source="web", owner="ann"),
            deal("1", "created", "2026-03-03 12:00", journey="lead/1", amount="100.00"),
            lead("2", "created", "2026-03-03 09:00", channel="inbound", owner="bob"),
            lead("2", "responded", "2026-03-03 11:00", by="human"),
            lead("1", "merged", "2026-03-04 10:00", into="2"),
        ],
        """
        all channel enquiries inbound 1
        all source enquiries inbound web 1
        all rep enquiries ann 1
        all channel response_ms inbound 25h
        all channel due_1h inbound 1
        all rep open_deals bob 1
        all source deals_created inbound web 1
        all stage stage_entered inbound enquiry 1
        """,
    ),
    told(
        "a chain of merges ends at its end",
        "2026-03-06 12:00",
        [
            lead("1", "merged", "2026-03-05 10:00", into="2"),
            lead("2", "merged", "2026-03-04 10:00", into="3"),
            deal("1", "created", "2026-03-03 10:00", journey="lead/1"),
            deal("2", "created", "2026-03-03 11:00", journey="lead/2"),
            lead("1", "created", "2026-03-01 10:00", channel="inbound"),
            lead("2", "created", "2026-03-02 10:00", channel="vip"),
            lead("3", "created", "2026-03-03 10:00", channel="partner"),
        ],
        """
        all channel enquiries partner 1
        all channel deals_created partner 2
        all channel open_deals partner 2
        all channel waiting -
        """,
    ),
    # 3 → 2 → 3 is a cycle, 9 leads into it: all three are one lead at lead/2, the least key of the cycle.
    # That shows when lead 2 is deleted: what ends there has no lead. Lead 1 merged into itself is lead 1.
    told(
        "a merge cycle ends at its least key",
        "2026-03-06 12:00",
        [
            lead("9", "created", "2026-03-02 10:00", channel="inbound"),
            lead("3", "created", "2026-03-02 11:00", channel="inbound"),
            lead("2", "created", "2026-03-02 12:00", channel="inbound"),
            lead("9", "merged", "2026-03-03 10:00", into="3"),
            lead("3", "merged", "2026-03-03 10:00", into="2"),
            lead("2", "merged", "2026-03-03 10:00", into="3"),
            lead("2", "deleted", "2026-03-04 10:00"),
            deal("9", "created", "2026-03-03 10:00", journey="lead/9"),
            lead("1", "created", "2026-03-02 13:00", channel="inbound"),
            lead("1", "merged", "2026-03-03 10:00", into="1"),
        ],
        """
        all channel enquiries inbound 1
        all waiting_since inbound 2026-03-02T13:00
        all channel deals_created unknown 1
        """,
    ),
    # The later merge holds: lead 2 is as if lead 1 had never been in it.
    told(
        "a lead merged again into another target leaves the first",
        "2026-03-06 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="inbound"),
            lead("1", "responded", "2026-03-02 10:10", by="human"),
            lead("2", "created", "2026-03-02 10:00", channel="inbound"),
            lead("3", "created", "2026-03-02 10:05", channel="unknown"),
            lead("1", "merged", "2026-03-05 10:00", into="3"),
            lead("1", "merged", "2026-03-04 10:00", into="2"),
        ],
        """
        all channel enquiries inbound 1
        all channel enquiries unknown 1
        all channel waiting inbound 1
        all channel responses unknown 1
        all channel response_ms unknown 10min
        """,
    ),
    # CRMs delete the loser of a merge; the winner keeps what it got.
    told(
        "deleting a lead after its merge removes nothing",
        "2026-03-06 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="inbound", owner="ann"),
            lead("1", "merged", "2026-03-03 10:00", into="2"),
            lead("1", "deleted", "2026-03-03 10:01"),
            lead("2", "created", "2026-03-02 10:20", channel="inbound", owner="bob"),
            lead("2", "responded", "2026-03-02 10:30", by="human"),
        ],
        """
        all rep enquiries ann 1
        all channel responses inbound 1
        all channel response_ms inbound 30min
        """,
    ),
    # The deal came without a lead, was linked to lead 1 and then to lead 2; its events came under three keys.
    told(
        "a deal linked and relinked belongs to the last lead",
        "2026-03-12 12:00",
        [
            lead("1", "created", "2026-03-01 10:00", channel="inbound", owner="ann"),
            lead("2", "created", "2026-03-02 10:00", channel="partner", owner="bob"),
            deal("7", "created", "2026-03-03 10:00", amount="100.00"),
            deal("7", "linked", "2026-03-04 10:00", lead="1"),
            deal("7", "offer_sent", "2026-03-05 10:00", journey="lead/1"),
            deal("7", "linked", "2026-03-06 10:00", lead="2", journey="lead/1"),
            deal("7", "won", "2026-03-10 10:00", journey="lead/2"),
        ],
        """
        all channel enquiries inbound 1
        all channel enquiries partner 1
        all channel enquiries_won partner 1
        all channel deals_created partner 1
        all rep won_deals bob 1
        all channel revenue_minor partner 10000
        all channel cycle_ms partner 8d
        all channel waiting inbound 1
        all stage stage_still inbound enquiry 1
        all stage dwell_ms partner offer_sent 5d
        """,
    ),
    told(
        "a deal linked to a merged lead follows the merge",
        "2026-03-12 12:00",
        [
            deal("7", "created", "2026-03-03 10:00", amount="100.00"),
            deal("7", "linked", "2026-03-04 10:00", lead="1"),
            lead("1", "merged", "2026-03-05 10:00", into="2"),
            lead("2", "created", "2026-03-02 10:00", channel="inbound", owner="bob"),
            deal("7", "lost", "2026-03-06 10:00", journey="lead/2"),
        ],
        """
        all rep lost_deals bob 1
        all channel deals_created_lost inbound 1
        all stage stage_lost inbound enquiry 1
        all stage dwell_ms inbound enquiry 4d
        all channel waiting -
        """,
    ),
    # The deal's facts vanish and the lead is as if there had never been one.
    told(
        "a deleted deal takes its facts along",
        "2026-03-12 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="inbound", owner="ann"),
            deal("1", "deleted", "2026-03-11 10:00", journey="lead/1"),
            deal("1", "created", "2026-03-03 10:00", journey="lead/1", amount="100.00"),
            deal("1", "offer_sent", "2026-03-04 10:00", journey="lead/1"),
            deal("1", "won", "2026-03-10 10:00", journey="lead/1"),
        ],
        """
        all channel enquiries inbound 1
        all channel enquiries_won -
        all channel deals_created -
        all channel won_deals -
        all channel revenue_minor -
        all channel open_deals -
        all stage stage_still inbound enquiry 1
        all stage stage_advanced -
        all channel waiting inbound 1
        """,
    ),
    # What is left is a deal without channel or owner: both were the lead's.
    told(
        "a deleted lead leaves its deals",
        "2026-03-12 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="inbound", owner="ann"),
            lead("1", "qualified", "2026-03-02 11:00"),
            lead("1", "deleted", "2026-03-11 10:00"),
            deal("1", "created", "2026-03-03 10:00", journey="lead/1", amount="100.00"),
            deal("1", "won", "2026-03-10 10:00", journey="lead/1"),
        ],
        """
        all channel enquiries -
        all channel qualified_leads -
        all channel due_1h -
        all channel waiting -
        all rep won_deals unassigned 1
        all channel revenue_minor unknown 10000
        all channel cycle_ms unknown 7d
        all stage stage_entered -
        """,
    ),
]
