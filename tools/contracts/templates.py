"""What a chart's templates read: the paths below .Values, and the objects that they hand on as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from contracts.tree import OTHERS, Node

Path = tuple[str, ...]
ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
COMMENT = re.compile(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL)
OPERAND = r"(?<![\w\"$.)])\$?\w*(?:\.\w+)+|(?<![\w\"$.)])\$\w+|(?<=[\s(])\.(?=[\s)|]|$)"
OPERANDS = re.compile(OPERAND)
ASSIGNMENT = re.compile(r"^(\$\w+)\s*:?=\s*(.*)$", re.DOTALL)
LOOKED_UP = re.compile(rf"\b(?:index|get|hasKey)\s+\(?({OPERAND})\)?((?:\s+\"[^\"]+\")+)")
LOOP = re.compile(r"^\$\w+\s*,\s*(\$\w+)\s*:=\s*(.*)$", re.DOTALL)
TO_TEXT = r"\bto(?:Yaml|Json|PrettyJson|RawJson|Toml)\b"
WRAPPED = r"(?:omit|pick|deepCopy|tpl|default|merge|mergeOverwrite|mustMerge|mustMergeOverwrite)"
MERGED = re.compile(rf"\(?\s*{WRAPPED}\s+(.*)$", re.DOTALL)
HANDED_ON = re.compile(rf"{TO_TEXT}\s+\(*{WRAPPED}?\s*\(*({OPERAND})|({OPERAND})\s*\|\s*{TO_TEXT}")
HASHED = re.compile(r"sha(?:1|256|512)sum|adler32sum")


@dataclass
class _Reader:
    """Reads one template: `dots` is what "." stands for in each open block, None where that is not known."""

    node: Node
    dots: list[Path | None] = field(default_factory=list)
    variables: dict[str, Path | None] = field(default_factory=dict)

    def read(self, text: str) -> None:
        for action in ACTION.findall(COMMENT.sub("", text)):
            word, _, rest = action.partition(" ")
            self._note(action)
            if word in {"if", "with", "range", "define", "block"}:
                self._enter(word, rest.strip())
            elif word == "else" and rest.startswith("with") and self.dots:
                self.dots[-1] = self._first(rest.partition(" ")[2])
            elif word == "end" and self.dots:
                self.dots.pop()
            elif match := ASSIGNMENT.match(action):
                self.variables[match[1]] = self._first(match[2])

    def _enter(self, word: str, rest: str) -> None:
        here = self.dots[-1] if self.dots else None
        if word == "range":
            match = LOOP.match(rest)
            looped = self._first(match[2]) if match else None
            self._note_loop_over_merged(match[2] if match else rest)
            here = (*looped, OTHERS) if looped else None
            if match:
                self.variables[match[1]] = here
            if looped:
                self.node.at(looped).listed = False
        elif word == "with":
            match = ASSIGNMENT.match(rest)
            here = self._first(match[2] if match else rest)
            if match:
                self.variables[match[1]] = here
        elif word != "if":
            here = None
        self.dots.append(here)

    def _note_loop_over_merged(self, expression: str) -> None:
        """Each of several objects that are looped over as one may hold further keys."""
        match = MERGED.match(expression)
        for path in filter(None, (self._path(each) for each in OPERANDS.findall(match[1] if match else ""))):
            self.node.at((*path, OTHERS))
            self.node.at(path).listed = False

    def _note(self, action: str) -> None:
        for operand in OPERANDS.findall(action):
            path = self._path(operand)
            if path:
                self.node.at(path)
        for operand, keys in LOOKED_UP.findall(action):
            path = self._path(operand)
            if path is not None:
                self.node.at((*path, *re.findall(r"\"([^\"]+)\"", keys)))
        if not HASHED.search(action):
            for operands in HANDED_ON.findall(action):
                for path in filter(None, (self._path(each) for each in operands if each)):
                    self.node.at(path).free = True

    def _first(self, expression: str) -> Path | None:
        """Return the path of an expression that is a path of its own, perhaps piped into `default` and the like."""
        head = re.sub(r"^omit\s+(\S+)(\s+\"[^\"]*\")+$", r"\1", expression.strip())
        looked_up = re.match(rf"\(?\s*{LOOKED_UP.pattern}", head)
        if looked_up:
            path = self._path(looked_up[1])
            return None if path is None else (*path, *re.findall(r"\"([^\"]+)\"", looked_up[2]))
        match = re.match(rf"\(?({OPERAND})\)?\s*(?:\||$)", f" {head}".removeprefix(" ")) or re.match(r"(\.)\s*$", head)
        return self._path(match[1]) if match else None

    def _path(self, operand: str) -> Path | None:
        """Return the path below .Values of an operand like $.Values.a.b, .b or $variable.b; None if it has none."""
        start, _, rest = operand.partition(".")
        keys = tuple(filter(None, rest.split(".")))
        if "Values" in keys:
            return keys[keys.index("Values") + 1 :]
        known = self.variables.get(start) if start else self.dots[-1] if self.dots else None
        return None if known is None else (*known, *keys)


def from_texts(texts: Iterator[str]) -> Node:
    """Return the contract that templates give: keys without types."""
    node = Node()
    for text in texts:
        _Reader(node).read(text)
    return node
