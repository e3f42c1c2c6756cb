"""Reads graph/model.graph for one model. The language is described at the head of that file."""

import json
import re
from dataclasses import dataclass, field

ATTRIBUTE_SPLIT = re.compile(r",\s*(?=\w+=)")


@dataclass
class Node:
    op: str
    inputs: list
    outputs: list
    attributes: dict


@dataclass
class Graph:
    """Nodes in order, constants by name (type, rank, values), inputs and hooks with their dims."""
    nodes: list = field(default_factory=list)
    constants: dict = field(default_factory=dict)
    inputs: dict = field(default_factory=dict)
    hooks: dict = field(default_factory=dict)
    integer_hooks: set = field(default_factory=set)
    output: str = None


def interpret(template, metadata, weights, half=False):
    """The graph of a model: template text, metadata values, names of its weights, and whether they are stored in half precision."""
    return _Interpreter(template, metadata, set(weights), half).run()


def holds(condition, metadata):
    """Whether a condition on metadata holds, as in the lines @if of a template."""
    return _Interpreter("", metadata, set(), False).holds(condition)


class _Interpreter:
    def __init__(self, template, metadata, weights, half):
        self.lines = [line.strip() for line in template.splitlines()]
        self.keys, self.weights, self.half = dict(metadata), weights, half
        self.scopes, self.pieces, self.literals, self.widened = [{}], {}, {}, set()
        self.graph = Graph()

    def run(self):
        self.block(0, len(self.lines))
        return self.graph

    def block(self, start, stop):
        at = start
        while at < stop:
            line, word = self.lines[at], self.lines[at].split(" ")[0]
            end = at
            if word in ("@if", "@layers", "@repeat", "@def"):
                other, end = self.extent(at)
                if word == "@def":
                    name, _, parameters = line[5:].rstrip(")").partition("(")
                    self.pieces[name] = ([p.strip() for p in parameters.split(",")], at + 1, end)
                elif word == "@if":
                    if self.holds(self.fill(line[4:])):
                        self.block(at + 1, other)
                    elif other < end:
                        self.block(other + 1, end)
                else:
                    name, key = ("l", "n_layers") if word == "@layers" else line.split()[1:]
                    for i in range(int(self.keys[key])):
                        self.scopes[0][name] = i
                        self.block(at + 1, end)
            elif line and word[0] != "#":
                self.line(word, self.fill(line))
            at = end + 1

    def extent(self, at):
        """Where the block that opens at a line has its @else (or its end) and its @end."""
        depth, other = 0, None
        for i in range(at, len(self.lines)):
            word = self.lines[i].split(" ")[0]
            depth += (word in ("@if", "@layers", "@repeat", "@def")) - (word == "@end")
            if word == "@else" and depth == 1:
                other = i
            if depth == 0:
                return (i if other is None else other), i
        raise ValueError(f"line {at + 1}: '{self.lines[at]}' has no @end")

    def fill(self, text):
        while True:
            filled = re.sub(r"\{([^{}]+)\}", lambda m: self.text(self.value(m.group(1))), text)
            if filled == text:
                return text
            text = filled

    def value(self, key):
        for scope in reversed(self.scopes):
            if key in scope:
                return scope[key]
        if key in self.keys:
            return self.keys[key]
        head, dot, rest = key.partition(".")
        found = self.keys.get(head) if dot else None
        if isinstance(found, list):
            return found[int(rest)] if int(rest) < len(found) else None
        return found.get(rest) if isinstance(found, dict) else None

    @staticmethod
    def text(value):
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":")).strip("[]")

    def holds(self, condition):
        return all(self.term(term.strip()) for term in condition.split(" and "))

    def term(self, term):
        if term.startswith("not "):
            return not self.term(term[4:])
        if term.startswith("has "):
            return term[4:] in self.weights
        key, equals, values = term.partition("=")
        value = self.value(key)
        return (value is not None and self.text(value) in values.split("|")) if equals else value is not None and value is not False

    def line(self, word, line):
        if word == "@let":
            name, _, expression = line[5:].partition(" = ")
            self.scopes[0][name] = self.calculate(expression)
        elif word == "@default":
            name, _, value = line[9:].partition(" = ")
            self.keys.setdefault(name, json.loads(value))
        elif word == "@input":
            name, _, dims = line[7:].rstrip("]").partition(" [")
            self.graph.inputs[name] = self.dims(dims)
        elif word == "@output":
            self.graph.output = line[8:]
        elif word == "@use":
            name, _, arguments = line[5:].rstrip(")").partition("(")
            parameters, start, end = self.pieces[name]
            self.scopes.append(dict(zip(parameters, (a.strip() for a in arguments.split(",")))))
            self.block(start, end)
            self.scopes.pop()
        else:
            self.node(line)

    @staticmethod
    def calculate(expression):
        parts = expression.split(" ")
        if len(parts) == 1:
            return parts[0]
        a, op, b = int(parts[0]), parts[1], int(parts[2])
        return {"+": a + b, "-": a - b, "*": a * b, "/": a // b if op == "/" else 0}[op]

    @staticmethod
    def dims(text):
        return [int(d) if d.isdigit() else d for d in text.split(" ")]

    def declare(self, target):
        """The name of an output, noted as a hook where it has dims."""
        name, _, dims = target.rstrip("]").partition(" [")
        if dims and dims != "none":
            if dims.startswith("i64 "):
                self.graph.integer_hooks.add(name)
            self.graph.hooks[name] = self.dims(dims.removeprefix("i64 "))
        return name

    def node(self, line):
        target, _, call = line.partition(" = ")
        outputs = [self.declare(t) for t in target.split(", ")]
        name = outputs[0]
        op, _, inside = call[:-1].partition("(")
        inputs, _, attributes = inside.partition("; ")
        names = [i.strip() for i in re.split(r",\s*(?![^\[(]*[\])])", inputs)]
        narrow = self.half and op == "Gather" and names[0] in self.weights
        operands = [i if narrow and i == names[0] else self.operand(i) for i in names]
        attributes = {k: json.loads(v) for k, v in (a.split("=", 1) for a in ATTRIBUTE_SPLIT.split(attributes))} if attributes else {}
        if narrow:
            self.graph.nodes.append(Node(op, operands, [f"_half.{name}"], attributes))
            op, operands, attributes = "Cast", [f"_half.{name}"], {"to": 1}
        self.graph.nodes.append(Node(op, operands, outputs, attributes))

    def operand(self, name):
        if name in self.weights:
            if self.half and name not in self.widened:
                self.widened.add(name)
                self.graph.nodes.append(Node("Cast", [name], [f"_f32.{name}"], {"to": 1}))
            return f"_f32.{name}" if self.half else name
        match = re.fullmatch(r"(i64|f32)([\[(])(.*)[\])]", name)
        if not match:
            return name
        kind, rank = match.group(1), 0 if match.group(2) == "(" else 1
        values = tuple((int if kind == "i64" else float)(v) for v in match.group(3).split(","))
        constant = self.literals.setdefault((kind, rank, values), f"const.{len(self.literals)}")
        self.graph.constants[constant] = (kind, rank, values)
        return constant
