"""The language of `where`: read into a tree, never evaluated as Python.

    expression := or ;  or := and ("or" and)* ;  and := not ("and" not)* ;  not := "not" not | comparison
    comparison := sum ( (op sum)+ | ["not"] "in" list | "is" ["not"] "null" )?       op := == = != <> < <= > >=
    sum := product (("+" | "-") product)* ;  product := unary (("*" | "/" | "%") unary)* ;  unary := "-" unary | atom
    atom := number | text | "true" | "false" | name | "(" or ")"
    list := ("(" | "[") literal ("," literal)* (")" | "]")

Names are words, or anything between backticks (a backtick in a name is doubled); texts stand in single or double
quotes (the quote in a text is doubled). Keywords are read in any case. Specified in docs/design/evaluation.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from restrike.evaluation.errors import ExpressionError

Literal = float | int | str | bool

COMPARISONS = {"==": "==", "=": "==", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
KEYWORDS = {"and", "or", "not", "in", "is", "null", "true", "false"}
DEPTH = 40  # nested brackets, `not` and `-`; far beyond what anyone writes, far below the interpreter's limit

TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<word>[^\W\d]\w*)
      | (?P<quoted>`(?:[^`]|``)+`)
      | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<sign><=|>=|==|!=|<>|[<>=+\-*/%(),\[\]])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Constant:
    value: Literal
    position: int


@dataclass(frozen=True)
class Name:
    name: str
    position: int


@dataclass(frozen=True)
class Arithmetic:
    """A sum, difference, product, quotient or remainder; a negative number is a difference from 0."""

    sign: str
    left: Node
    right: Node
    position: int


@dataclass(frozen=True)
class Comparison:
    sign: str
    left: Node
    right: Node
    position: int


@dataclass(frozen=True)
class Membership:
    item: Node
    values: tuple[Constant, ...]
    position: int


@dataclass(frozen=True)
class IsNull:
    item: Node
    position: int


@dataclass(frozen=True)
class Junction:
    """Conditions joined by `and` or `or`."""

    word: str
    parts: tuple[Node, ...]
    position: int


@dataclass(frozen=True)
class Negation:
    part: Node
    position: int


Node = Constant | Name | Arithmetic | Comparison | Membership | IsNull | Junction | Negation


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    position: int


def parse(text: str) -> Node:
    """Return the tree of a `where` expression. Raise ExpressionError with the position of the first mistake."""
    parser = _Parser(list(_tokens(text)), text)
    tree = parser.disjunction()
    if (token := parser.next) is not None:
        raise ExpressionError(
            f"'{token.text}' is not expected after '{text[: token.position].rstrip()}'", token.position
        )
    if isinstance(tree, (Constant, Arithmetic)):
        raise ExpressionError(f"'{text}' is a value, not a condition", tree.position, hint="compare it: age > 50")
    return tree


def names(tree: Node) -> list[str]:
    """Return the columns that an expression reads, each once, in order of appearance."""
    found: dict[str, None] = {}
    waiting: list[Node] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name):
            found[node.name] = None
        elif isinstance(node, (Arithmetic, Comparison)):
            waiting += [node.right, node.left]
        elif isinstance(node, (Membership, IsNull)):
            waiting.append(node.item)
        elif isinstance(node, Junction):
            waiting += reversed(node.parts)
        elif isinstance(node, Negation):
            waiting.append(node.part)
    return list(found)


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(
                f"cannot read '{text[position:][:20]}' in '{text}'", position, _reading_hint(text[position])
            )
        kind = match.lastgroup or ""
        if kind == "word" and match.group().lower() in KEYWORDS:
            tokens.append(Token("keyword", match.group().lower(), position))
        elif kind != "space":
            tokens.append(Token(kind, match.group(), position))
        position = match.end()
    return tokens


def _reading_hint(character: str) -> str | None:
    if character in "&|~!":
        return "conditions are joined with `and`, `or` and `not`"
    if character in "'\"`":
        return f"the closing {character} is missing"
    if character.isdigit():
        return "a column whose name starts with a digit stands in backticks: `2nd floor`"
    return "a column whose name is not a single word stands in backticks: `fixed acidity`"


class _Parser:
    def __init__(self, tokens: list[Token], text: str):
        self.tokens, self.text, self.at, self.depth = tokens, text, 0, 0

    @property
    def next(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, *texts: str) -> Token | None:
        token = self.next
        if token is not None and token.kind in ("keyword", "sign") and token.text in texts:
            self.at += 1
            return token
        return None

    def expect(self, *texts: str) -> Token:
        if (token := self.take(*texts)) is None:
            raise self.unexpected(" or ".join(f"'{text}'" for text in texts))
        return token

    def unexpected(self, wanted: str) -> ExpressionError:
        token = self.next
        if token is None:
            return ExpressionError(f"'{self.text}' ends where {wanted} is expected", len(self.text))
        return ExpressionError(f"'{token.text}' stands where {wanted} is expected in '{self.text}'", token.position)

    def deeper(self, position: int) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise ExpressionError(f"the expression is nested more than {DEPTH} deep", position)

    def disjunction(self) -> Node:
        return self.joined("or", self.conjunction)

    def conjunction(self) -> Node:
        return self.joined("and", self.negation)

    def joined(self, word: str, read: Callable[[], Node]) -> Node:
        start = self.at
        parts = [read()]
        while self.take(word):
            parts.append(read())
        return parts[0] if len(parts) == 1 else Junction(word, tuple(parts), self.tokens[start].position)

    def negation(self) -> Node:
        token = self.take("not")
        if token is None:
            return self.comparison()
        self.deeper(token.position)
        part = self.negation()
        self.depth -= 1
        return Negation(part, token.position)

    def comparison(self) -> Node:
        left = self.sum()
        if token := self.take("is"):
            negated = self.take("not")
            self.expect("null")
            test = IsNull(left, token.position)
            return Negation(test, token.position) if negated else test
        negated = self.take("not")
        if negated or (self.next is not None and self.next.text == "in" and self.next.kind == "keyword"):
            token = self.expect("in")
            test_in = Membership(left, self.values(), token.position)
            return Negation(test_in, token.position) if negated else test_in
        return self.chain(left)

    def chain(self, left: Node) -> Node:
        """Read `a < b`, or `a < b <= c`, which means `a < b and b <= c`."""
        tests: list[Node] = []
        while token := self.take(*COMPARISONS):
            right = self.sum()
            tests.append(Comparison(COMPARISONS[token.text], left, right, token.position))
            left = right
        if not tests:
            return left
        return tests[0] if len(tests) == 1 else Junction("and", tuple(tests), tests[0].position)

    def sum(self) -> Node:
        left = self.product()
        while token := self.take("+", "-"):
            left = Arithmetic(token.text, left, self.product(), token.position)
        return left

    def product(self) -> Node:
        left = self.unary()
        while token := self.take("*", "/", "%"):
            left = Arithmetic(token.text, left, self.unary(), token.position)
        return left

    def unary(self) -> Node:
        token = self.take("-")
        if token is None:
            return self.atom()
        self.deeper(token.position)
        value = self.unary()
        self.depth -= 1
        if isinstance(value, Constant) and isinstance(value.value, (int, float)) and not isinstance(value.value, bool):
            return Constant(-value.value, token.position)
        return Arithmetic("-", Constant(0, token.position), value, token.position)

    def atom(self) -> Node:
        if token := self.take("("):
            self.deeper(token.position)
            inner = self.disjunction()
            self.expect(")")
            self.depth -= 1
            return inner
        following = self.next
        if following is not None and following.kind in ("word", "quoted"):
            self.at += 1
            name = following.text
            return Name(name[1:-1].replace("``", "`") if following.kind == "quoted" else name, following.position)
        return self.literal()

    def values(self) -> tuple[Constant, ...]:
        closing = ")" if self.expect("(", "[").text == "(" else "]"
        found = [self.literal()]
        while self.take(","):
            found.append(self.literal())
        self.expect(closing)
        return tuple(found)

    def literal(self) -> Constant:
        minus = self.take("-")
        token = self.next
        if token is None:
            raise self.unexpected("a value")
        value: Literal
        if token.kind == "number":
            value = float(token.text) if any(mark in token.text for mark in ".eE") else int(token.text)
            value = -value if minus else value
        elif minus:
            raise self.unexpected("a number")
        elif token.kind == "text":
            value = token.text[1:-1].replace(token.text[0] * 2, token.text[0])
        elif token.kind == "keyword" and token.text in ("true", "false"):
            value = token.text == "true"
        elif token.kind == "keyword" and token.text == "null":
            raise ExpressionError(
                "null is equal to nothing", token.position, hint="write `x is null` or `x is not null`"
            )
        else:
            raise self.unexpected("a value")
        self.at += 1
        return Constant(value, token.position)
