"""The funnels: what is shipped, and what a configuration is told when it cannot be one."""

import pytest

from streams.funnels import DEFAULT, FunnelError, load_funnels

FUNNEL = """
[[channel]]
id = "inbound"
name = { en = "Inbound", ru = "Входящие" }
enquiries = true
entry = "enquiry"
stages = ["qualified", "offer", "contract", "invoice"]

[stage.enquiry]
name = { en = "Enquiry", ru = "Заявка" }
evidence = ["lead:created"]
[stage.qualified]
name = { en = "Qualified", ru = "Целевой лид" }
evidence = ["qualified"]
[stage.offer]
name = { en = "Offer", ru = "КП" }
evidence = ["offer_sent"]
[stage.contract]
name = { en = "Contract", ru = "Договор" }
[stage.invoice]
name = { en = "Invoice", ru = "Счёт" }
evidence = ["invoice_issued"]
"""


def ids(channel: str) -> list[str]:
    return [stage.id for stage in DEFAULT.funnel(channel)]


def test_the_five_channels_and_unknown_are_shipped() -> None:
    """Channels come in the order of the file, `unknown` last."""
    assert DEFAULT.channels == ("active", "inbound", "regular", "vip", "partner", "unknown")


TO_CONTRACT = "meeting_scheduled meeting_held offer_sent offer_reviewed contract_agreed won"


@pytest.mark.parametrize(
    ("channel", "stages"),
    [
        ("active", f"prospect_added first_touch {TO_CONTRACT}"),
        ("inbound", "enquiry qualified conversation_held offer_sent contract_agreed invoice_issued won"),
        ("regular", "deal_created contacted offer_sent contract_agreed invoice_issued won"),
        ("vip", "deal_created contacted meeting_held offer_sent contract_agreed invoice_issued won"),
        ("partner", f"partner_contacted decision_maker_reached {TO_CONTRACT}"),
        ("unknown", ""),
    ],
)
def test_each_channel_has_the_stages_of_the_definitions(channel: str, stages: str) -> None:
    """The shipped funnels are those that the definitions list, from the main indicator to won."""
    assert ids(channel) == stages.split()


def test_stages_are_reached_by_the_evidence_of_the_definitions() -> None:
    """Every stage knows its evidence; won has none, the outcome alone decides it."""
    evidence = {stage.id: stage.evidence for c in DEFAULT.channels for stage in DEFAULT.funnel(c)}
    same_name = (
        "first_touch",
        "qualified",
        "meeting_held",
        "offer_sent",
        "offer_reviewed",
        "contract_agreed",
    )
    assert evidence == {name: (name,) for name in (*same_name, "invoice_issued")} | {
        "prospect_added": ("lead:created", "deal:created"),
        "enquiry": ("lead:created",),
        "deal_created": ("deal:created",),
        "partner_contacted": ("first_touch",),
        "contacted": ("first_touch", "responded", "conversation_held"),
        "decision_maker_reached": ("dm_reached",),
        "conversation_held": ("conversation_held", "meeting_held"),
        "meeting_scheduled": ("meeting_set",),
        "won": (),
    }


def test_a_crm_may_move_a_card_to_any_stage_but_won() -> None:
    """`stage_ids` holds all stages of all funnels except won, which is an outcome."""
    assert DEFAULT.stage_ids == {s for c in DEFAULT.channels for s in ids(c)} - {"won"}


def test_inbound_and_unknown_have_enquiries() -> None:
    """Only these channels have response times."""
    assert DEFAULT.with_enquiries == {"inbound", "unknown"}


def test_every_channel_and_stage_has_names_in_both_languages() -> None:
    """English and Russian names are there and differ."""
    named = [stage.names for c in DEFAULT.channels for stage in DEFAULT.funnel(c)]
    for names in [*named, *(DEFAULT.channel_names[c] for c in DEFAULT.channels)]:
        assert set(names) == {"en", "ru"}
        assert names["en"] != names["ru"]


def test_a_funnel_of_ones_own_is_loaded() -> None:
    """Own stages, own names; a stage without evidence is reached by the CRM's board alone."""
    own = load_funnels(FUNNEL)
    assert own.channels == ("inbound", "unknown")
    assert [s.id for s in own.funnel("inbound")] == [
        "enquiry",
        "qualified",
        "offer",
        "contract",
        "invoice",
        "won",
    ]
    assert own.funnel("inbound")[3].evidence == ()
    assert own.stage_ids == {"enquiry", "qualified", "offer", "contract", "invoice"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[stage.enquiry]", "[stage.enquiry", "no valid TOML"),
        (FUNNEL, "", "channel"),
        (FUNNEL, "channel = []\nstage = {}", "1 to 8 channels"),
        (
            '"offer", "contract", "invoice"',
            '"offer", "contract"',
            "channel inbound: stages: 3 .* 4 to 6",
        ),
        ('"contract", "invoice"', '"contract", "offer"', "channel inbound: stages: 'offer' stands twice"),
        ('["qualified",', '["enquiry",', "channel inbound: entry: 'enquiry' stands twice"),
        ('"contract", "invoice"', '"contract", "paid"', "channel inbound: stages: 'paid' has no"),
        ('"contract", "invoice"', '"contract", "won"', "channel inbound: stages: .*won by itself"),
        ('"invoice"]', '"contract2"]', "channel inbound: stages: 'contract2'"),
        ('entry = "enquiry"', 'entry = "question"', "channel inbound: entry: 'question' has no"),
        ('entry = "enquiry"', "", "channel inbound: .*entry"),
        ('"lead:created"', '"created_lead"', "stage enquiry: evidence: 'created_lead' is unknown"),
        ('en = "Offer"', 'en = " "', "stage offer: name.en: is empty"),
        ('en = "Inbound", ru = "Входящие"', 'en = "Inbound"', "channel inbound: .*ru"),
        ('id = "inbound"', 'id = "unknown"', "channel unknown: id: .* reserved"),
        ('id = "inbound"', 'id = "In bound"', "channel In bound: id: use"),
        ("enquiries = true", "enquiry = true", "channel inbound: .*enquiry"),
        (
            'evidence = ["invoice_issued"]',
            "[stage.won]\nname = {en = 'a', ru = 'b'}",
            "stage won: id: .* reserved",
        ),
        (
            'evidence = ["invoice_issued"]',
            "[stage.spare]\nname = {en = 'a', ru = 'b'}",
            "stage spare: no channel lists it",
        ),
    ],
)
def test_a_wrong_funnel_is_refused_with_channel_field_and_fix(old: str, new: str, message: str) -> None:
    """Each mistake is named where it is, before anything starts."""
    assert FUNNEL.count(old) == 1
    with pytest.raises(FunnelError, match=message):
        load_funnels(FUNNEL.replace(old, new))


def test_two_channels_of_one_id_are_refused() -> None:
    """A channel's id stands for one funnel."""
    head, _, stages = FUNNEL.partition("[stage.enquiry]")
    with pytest.raises(FunnelError, match="channel inbound: id: two channels"):
        load_funnels(head + head + "[stage.enquiry]" + stages)
