"""Formulas of KPIs: numbers, base totals, + - * / and parentheses, and nothing else that could run.

Parsed once with its units checked; no data and division by zero give no value, never 0.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, assert_never, get_args

from streams.base_totals import Unit

Operator = Literal["+", "-", "*", "/"]
Lookup = Callable[[str, bool], int | float | None]
"""The value of a total, by its name, here or (True) in the next stage; None where it is not known."""

_OPERATORS: dict[type[ast.operator], Operator] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_LONGEST = 400
_GREATEST_NUMBER = 1e15
_GREATEST = 1e300
_NEXT_STAGE = "next_stage"
_PREVIOUS = "previous"
_RIPE = "ripe"
_DIMENSIONS: dict[Unit, tuple[int, int]] = {"count": (0, 0), "ms": (1, 0), "minor": (0, 1), "micro": (0, 0)}


class FormulaError(ValueError):
    """The text is no formula; the message says where and what to write instead."""


def before(total: str) -> str:
    """The name by which lookups know a total of the period before."""
    return f"{_PREVIOUS} {total}"


def ripe(total: str) -> str:
    """The name by which lookups know a total of the last closed 30 days."""
    return f"{_RIPE} {total}"


def told_of(name: str) -> str:
    """The total that a lookup's name is about."""
    return name.rpartition(" ")[2]


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Total:
    """A base total: here, in the next stage of the same funnel, in the period before, or of ripe cohorts."""

    id: str
    next_stage: bool = False
    previous: bool = False
    ripe: bool = False

    @property
    def name(self) -> str:
        """What lookups call it."""
        if self.ripe:
            return ripe(self.id)
        return before(self.id) if self.previous else self.id


@dataclass(frozen=True, slots=True)
class Binary:
    """Two parts and the operation between them."""

    operator: Operator
    left: Node
    right: Node


Node = Number | Total | Binary


@dataclass(frozen=True)
class Formula:
    """A parsed formula; `dimension` holds the powers of time and of money in its value."""

    root: Node
    dimension: tuple[int, int]

    @cached_property
    def totals(self) -> frozenset[Total]:
        """Every total it reads."""
        return frozenset(_totals(self.root))

    @property
    def denominator(self) -> Node | None:
        """What a ratio divides by: its sample."""
        return self.root.right if isinstance(self.root, Binary) and self.root.operator == "/" else None

    def evaluate(self, lookup: Lookup) -> int | float | None:
        """The value in milliseconds and minor units, unrounded; None where it has none."""
        return evaluate(self.root, lookup)


def parse(text: str, units: Mapping[str, Unit]) -> Formula:
    """The formula of a text over the totals in `units`, or a `FormulaError`."""
    if len(text) > _LONGEST:
        raise FormulaError(f"has {len(text)} characters, at most {_LONGEST} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaError(f"{text!r} is no expression: {error}") from error
    return of_node(_node(tree.body, units), units)


def of_node(node: Node, units: Mapping[str, Unit]) -> Formula:
    """A part of a formula as a formula of its own."""
    return Formula(node, _dimension(node, units))


def evaluate(node: Node, lookup: Lookup) -> int | float | None:
    """The value of a node; a part without a value leaves the whole without one."""
    match node:
        case Number(value):
            return value
        case Total():
            return lookup(node.name, node.next_stage)
        case Binary(operator, left, right):
            a, b = evaluate(left, lookup), evaluate(right, lookup)
            return None if a is None or b is None else _apply(operator, a, b)
        case _:
            assert_never(node)


def _apply(operator: Operator, a: int | float, b: int | float) -> int | float | None:
    try:
        match operator:
            case "+":
                result = a + b
            case "-":
                result = a - b
            case "*":
                result = a * b
            case "/":
                result = a / b
            case _:
                assert_never(operator)
    except (ZeroDivisionError, OverflowError):
        return None
    return result if abs(result) < _GREATEST else None


def _node(tree: ast.expr, units: Mapping[str, Unit]) -> Node:
    match tree:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as value) if abs(value) <= _GREATEST_NUMBER:
            return Number(value)
        case ast.Name(id=name):
            return Total(_known(name, units))
        case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=total)], keywords=[]) if name == _NEXT_STAGE:
            return Total(_known(total, units), next_stage=True)
        case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=total)], keywords=[]) if name == _PREVIOUS:
            return Total(_known(total, units), previous=True)
        case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=total)], keywords=[]) if name == _RIPE:
            return Total(_known(total, units), ripe=True)
        case ast.BinOp(op=operator) if type(operator) in _OPERATORS:
            return Binary(_OPERATORS[type(operator)], _node(tree.left, units), _node(tree.right, units))
        case _:
            pass
    raise FormulaError(
        f"{ast.unparse(tree)!r} is not allowed: write numbers, totals, "
        f"{' '.join(get_args(Operator))}, parentheses, "
        f"{_NEXT_STAGE}(total), {_PREVIOUS}(total) and {_RIPE}(total)"
    )


def _known(name: str, units: Mapping[str, Unit]) -> str:
    if name not in units:
        raise FormulaError(f"{name!r} is no total: use one of {', '.join(sorted(units))}")
    return name


def _dimension(node: Node, units: Mapping[str, Unit]) -> tuple[int, int]:
    match node:
        case Number():
            return (0, 0)
        case Total(total):
            return _DIMENSIONS[units[total]]
        case Binary(operator, left, right):
            (time_a, money_a), (time_b, money_b) = _dimension(left, units), _dimension(right, units)
            if operator == "*":
                return (time_a + time_b, money_a + money_b)
            if operator == "/":
                return (time_a - time_b, money_a - money_b)
            if (time_a, money_a) != (time_b, money_b):
                raise FormulaError(
                    f"'{operator}' between a time, an amount of money or a number: match the units"
                )
            return (time_a, money_a)
        case _:
            assert_never(node)


def _totals(node: Node) -> Iterator[Total]:
    match node:
        case Number():
            pass
        case Total():
            yield node
        case Binary():
            yield from _totals(node.left)
            yield from _totals(node.right)
        case _:
            assert_never(node)
