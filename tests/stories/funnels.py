"""Stories of the way through the funnel: position, dwell, loss, occupancy."""

from __future__ import annotations

from tests.stories.telling import Story, deal, lead, told

FUNNELS: list[Story] = [
    # 2 h until the touch, then a day each; the contract's day ends with the win.
    told(
        "dwell is the time from one stage to the next",
        "2026-03-12 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="active"),
            lead("1", "first_touch", "2026-03-02 12:00"),
            lead("1", "meeting_set", "2026-03-03 12:00"),
            lead("1", "meeting_held", "2026-03-04 12:00"),
            deal("1", "offer_sent", "2026-03-05 12:00", journey="lead/1"),
            deal("1", "offer_reviewed", "2026-03-06 12:00", journey="lead/1"),
            deal("1", "contract_agreed", "2026-03-07 12:00", journey="lead/1"),
            deal("1", "won", "2026-03-08 12:00", journey="lead/1"),
        ],
        """
        all stage dwell_ms active prospect_added 2h
        all stage dwell_ms active first_touch 24h
        all stage dwell_ms active meeting_scheduled 24h
        all stage dwell_ms active meeting_held 24h
        all stage dwell_ms active offer_sent 24h
        all stage dwell_ms active offer_reviewed 24h
        all stage dwell_ms active contract_agreed 24h
        week stage dwells -
        prev_week stage dwells active prospect_added 1
        prev_week stage dwells active first_touch 1
        prev_week stage dwells active meeting_scheduled 1
        prev_week stage dwells active meeting_held 1
        prev_week stage dwells active offer_sent 1
        prev_week stage dwells active offer_reviewed 1
        prev_week stage dwells active contract_agreed 1
        all stage stage_still -
        all stage stage_lost -
        all stage occupancy -
        """,
    ),
    # Qualified and talked to it never was: both count as passed with the offer, without dwell.
    told(
        "a skipped stage is passed with the next one",
        "2026-03-06 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="inbound"),
            lead("1", "offer_sent", "2026-03-05 10:00"),
        ],
        """
        all stage stage_entered inbound enquiry 1
        all stage stage_entered inbound qualified 1
        all stage stage_entered inbound conversation_held 1
        all stage stage_entered inbound offer_sent 1
        prev_today stage stage_advanced inbound qualified 1
        prev_today stage stage_advanced inbound conversation_held 1
        all stage stage_still inbound offer_sent 1
        all stage dwells inbound enquiry 1
        all stage dwell_ms inbound enquiry 3d
        """,
    ),
    # The card went back to the conversation: the furthest stage stays, but that is where it stands.
    told(
        "a step back moves the occupancy and not the position",
        "2026-03-08 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="inbound"),
            lead("1", "stage_changed", "2026-03-03 10:00", stage="conversation_held"),
            lead("1", "stage_changed", "2026-03-04 10:00", stage="offer_sent"),
            lead("1", "stage_changed", "2026-03-06 10:00", stage="conversation_held", id="back"),
        ],
        """
        all stage stage_still inbound offer_sent 1
        all stage occupancy inbound conversation_held 1
        all stage dwell_ms inbound enquiry 24h
        all stage dwell_ms inbound conversation_held 24h
        """,
    ),
    # Qualified five days after the offer: it passed "qualified" with the offer, and so no dwell can be told.
    told(
        "stage times out of order make no negative dwell",
        "2026-03-12 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="inbound"),
            lead("1", "conversation_held", "2026-03-04 10:00"),
            lead("1", "offer_sent", "2026-03-05 10:00"),
            lead("1", "qualified", "2026-03-10 10:00"),
        ],
        """
        all channel qualified_leads inbound 1
        all stage dwells inbound enquiry 1
        all stage dwells inbound conversation_held 1
        all stage dwell_ms inbound enquiry 2d
        all stage dwell_ms inbound conversation_held 24h
        prev_week stage stage_advanced inbound enquiry 1
        prev_week stage stage_advanced inbound qualified 1
        prev_week stage stage_advanced inbound conversation_held 1
        week stage stage_entered -
        all stage occupancy inbound qualified 1
        """,
    ),
    # Of two deals the last loss counts; an offer dated after the loss of journey 2 leaves no dwell.
    told(
        "a journey is lost at its position",
        "2026-03-12 12:00",
        [
            deal("1", "created", "2026-03-02 10:00", channel="vip", journey="lead/1"),
            deal("1", "meeting_held", "2026-03-03 10:00", journey="lead/1"),
            deal("1", "lost", "2026-03-04 10:00", journey="lead/1"),
            deal("2", "created", "2026-03-03 10:00", journey="lead/1"),
            deal("2", "lost", "2026-03-06 10:00", journey="lead/1"),
            deal("3", "created", "2026-03-02 10:00", channel="vip"),
            deal("3", "lost", "2026-03-04 10:00"),
            deal("3", "offer_sent", "2026-03-05 10:00"),
        ],
        """
        all stage stage_lost vip meeting_held 1
        all stage stage_lost vip offer_sent 1
        all stage stage_entered vip deal_created 2
        all stage stage_entered vip contacted 2
        all stage stage_entered vip meeting_held 2
        all stage stage_entered vip offer_sent 1
        all stage dwell_ms vip deal_created 4d
        all stage dwell_ms vip meeting_held 3d
        all stage dwells vip deal_created 2
        all stage dwells vip meeting_held 1
        all stage stage_still -
        """,
    ),
    # The decision maker came to the meeting: two stages at one time, and it stands at the further one.
    told(
        "a partner's decision maker is a stage",
        "2026-03-06 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="partner"),
            lead("1", "first_touch", "2026-03-03 10:00", party="partner"),
            lead("1", "meeting_held", "2026-03-04 10:00", party="decision_maker"),
        ],
        """
        all stage stage_entered partner partner_contacted 1
        all stage stage_entered partner decision_maker_reached 1
        all stage stage_entered partner meeting_scheduled 1
        all stage stage_entered partner meeting_held 1
        all stage stage_still partner meeting_held 1
        all stage occupancy partner meeting_held 1
        all stage dwell_ms partner partner_contacted 24h
        all stage dwells partner partner_contacted 1
        all stage dwells partner decision_maker_reached 1
        all channel waiting -
        """,
    ),
]
