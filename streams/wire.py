"""How events lie on the wire: the envelope, and for every type the form of its data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta, Raw

from streams import events
from streams.events import Entity, Money, Payload, Rejected
from streams.money import EXPONENTS, parse_amount, unknown_currency
from streams.refused import RefusedError

Amount = Annotated[
    str | int, Meta(description='decimal text in major units ("1234.50") or a whole number of minor units')
]
Currency = Annotated[str, Meta(description="an ISO 4217 code in capitals, such as EUR")]
NO_DATA = Raw(b"{}")


class Envelope(msgspec.Struct, gc=False):
    """The attributes as they came, unchecked, in whichever of the three forms."""

    specversion: Any = None
    id: Any = None
    source: Any = None
    type: Any = None
    subject: Any = None
    time: Any = None
    partitionkey: Any = None
    receivedtime: Any = None
    datacontenttype: Any = None
    data_base64: Any = None
    data: Raw = NO_DATA


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of event: `read` gives the wire form of its data, `build` makes the payload of that."""

    name: str
    entity: Entity
    payload: type[Payload]
    wire: type[msgspec.Struct]
    read: Callable[[bytes | Raw], Any]
    build: Callable[[Any], Payload] | None
    """None where the wire form is the payload itself."""

    @property
    def topic(self) -> str:
        """Where events of this type are published."""
        return "crm.ledger" if self.entity == "ledger" else f"crm.{self.entity}s"


def verb(payload: type[Payload]) -> str:
    """The last part of the type: `ContactAttempted` is `contact_attempted`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", payload.__name__).lower()


def _wire(payload: type[Payload], entity: Entity) -> type[msgspec.Struct]:
    """The payload's own type, or one with plain amounts and their currency in place of money."""
    fields: list[tuple[str, Any, Any]] = []
    for field in msgspec.structs.fields(payload):
        default = msgspec.NODEFAULT if field.required else field.default
        if field.type is Money:
            fields.append((field.name, Amount, default))
        elif Money in get_args(field.type):
            fields.append((field.name, Amount | None, default))
        else:
            fields.append((field.name, field.type, default))
    if all(name != "amount" for name, *_ in fields):
        return payload
    if entity == "lead":
        fields = [field for field in fields if field[0] != "amount"]
    else:
        fields.append(("currency", Currency | None, None))
    return msgspec.defstruct(f"{payload.__name__}Data", fields, frozen=True, gc=False, kw_only=True)


def _with_money(payload: type[Payload]) -> Callable[[Any], Payload]:
    def build(wire: msgspec.Struct) -> Payload:
        fields = msgspec.structs.asdict(wire)
        currency = fields.pop("currency")
        if currency is not None and currency not in EXPONENTS:
            raise _refused(unknown_currency("data"))
        for name in ("amount", "cost"):
            amount = fields.get(name)
            if amount is None:
                continue
            if currency is None:
                fix = "name the currency of the amount: an ISO 4217 code such as EUR"
                raise RefusedError("missing_field", "data.currency", fix)
            minor = parse_amount(amount, currency, field=f"data.{name}")
            if isinstance(minor, Rejected):
                raise _refused(minor)
            fields[name] = Money(minor, currency)
        return payload(**fields)

    return build


def _refused(rejected: Rejected) -> RefusedError:
    return RefusedError(rejected.reason, rejected.field, rejected.fix)


def _created_lead(wire: Any) -> events.Created:
    """A lead has no amount: one in its data is a field that we do not know."""
    return events.Created(
        channel=wire.channel,
        source=wire.source,
        campaign=wire.campaign,
        region=wire.region,
        industry=wire.industry,
        owner=wire.owner,
        customer=wire.customer,
    )


def _kind(payload: type[Payload], entity: Entity) -> Kind:
    wire = _wire(payload, entity)
    build: Callable[[Any], Payload] | None = None
    if wire is not payload:
        build = _created_lead if entity == "lead" else _with_money(payload)
    read = msgspec.json.Decoder(wire).decode
    return Kind(f"crm.{entity}.{verb(payload)}", entity, payload, wire, read, build)


_OF_LEADS = (events.Responded, events.Qualified, events.Disqualified, events.Merged)
_OF_DEALS = (
    events.Linked,
    events.InvoiceIssued,
    events.LineSold,
    events.AmountChanged,
    events.PaymentReceived,
    events.PaymentReversed,
    events.Lost,
    events.Reopened,
    events.Won,
)


def _kinds() -> dict[str, Kind]:
    shared = get_args(events.JourneyPayload)
    kinds = [_kind(payload, "lead") for payload in shared if payload not in _OF_DEALS]
    kinds += [_kind(payload, "deal") for payload in shared if payload not in _OF_LEADS]
    kinds += [_kind(payload, "ledger") for payload in get_args(events.LedgerPayload)]
    return {kind.name: kind for kind in kinds}


KINDS = _kinds()
"""Every type of event that we know, by its CloudEvents type."""

THIN = frozenset({"crm.lead.touched", "crm.deal.touched"})
"""Types that say only that something changed: an enricher has to fetch what."""
