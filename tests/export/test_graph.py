"""The template gives, node for node, the graphs that are written down in tests/Golden/graphs; other interpreters are held to the same files.

After a change of the template that is meant, `python3 tests/export/test_graph.py --write` writes them anew.
A file lists inputs, hooks, constants (float32 as hexadecimal bits) and nodes, in order.
"""

import json
import struct
import sys
import unittest

from support import ROOT, folder_of

from graph import TEMPLATE
from graph.interpreter import interpret

GRAPHS = ROOT / "tests" / "Golden" / "graphs"
MODELS = ("gpt2", "bert", "roberta", "openai-gpt", "gpt_neo", "gpt_neox", "llama", "mistral", "phi3", "gemma2", "opt", "attn-only-2l", "attn-only-shortformer",
          "gemma3", "olmo2", "mixtral", "gptj", "bloom", "falcon-new")


def of(name, dtype):
    """The graph of a golden checkpoint, and what it was made from: its metadata and the names of its weights."""
    from pipeline import load
    config, weights = load(folder_of(name))[:2]
    return interpret(TEMPLATE.read_text(encoding="utf-8"), config, weights, dtype != "float32"), config, weights


def text(name, dtype):
    graph, config, weights = of(name, dtype)
    lines = [f"metadata {json.dumps(config)}", f"dtype {dtype}"]
    lines += [f"weight {w}" for w in weights]
    lines += [f"input {n} {json.dumps(d)}" for n, d in graph.inputs.items()]
    lines += [f"hook {n}{' i64' if n in graph.integer_hooks else ''} {json.dumps(d)}" for n, d in graph.hooks.items()]
    for constant, (kind, rank, values) in graph.constants.items():
        shown = [v if kind == "i64" else struct.pack(">f", v).hex() for v in values]
        lines.append(f"{constant} {kind} rank {rank}: {' '.join(map(str, shown))}")
    for node in graph.nodes:
        attributes = "".join(f" {k}={json.dumps(v, separators=(',', ':'))}" for k, v in sorted(node.attributes.items()))
        lines.append(f"{', '.join(node.outputs)} = {node.op}({', '.join(node.inputs)}){attributes}")
    return "\n".join([*lines, f"output {graph.output}", ""])


class Graphs(unittest.TestCase):
    maxDiff = None

    def test_graphs_are_those_written_down(self):
        for name in MODELS:
            with self.subTest(name):
                self.assertEqual(text(name, "float32"), (GRAPHS / f"{name}.txt").read_text(encoding="utf-8"))
        self.assertEqual(text("gpt2", "float16"), (GRAPHS / "gpt2.half.txt").read_text(encoding="utf-8"))

    def test_every_node_reads_what_came_before(self):
        for name in MODELS:
            graph, _, weights = of(name, "float32")
            known = {*graph.inputs, *graph.constants, *weights}
            for node in graph.nodes:
                self.assertLessEqual(set(node.inputs), known, f"{name} {node.outputs[0]}")
                self.assertTrue(known.isdisjoint(node.outputs), f"{name} {node.outputs}")
                known.update(node.outputs)

    def test_everything_but_hooks_weights_and_constants_is_underscored(self):
        for name in MODELS:
            graph, _, weights = of(name, "float32")
            for output in (o for node in graph.nodes for o in node.outputs if o not in graph.hooks):
                self.assertTrue(output.startswith("_"), output)
            self.assertTrue(set(graph.hooks).isdisjoint(weights))

    def test_no_big_weight_is_reshaped_or_transposed(self):
        for name in MODELS:
            graph, _, weights = of(name, "float32")
            for node in graph.nodes:
                if any(n in weights for n in node.inputs):
                    self.assertIn(node.op, ("Gather", "MatMul", "Einsum", "Add", "Mul", "Expand"), f"{name} {node.outputs[0]}")

    def test_language(self):
        graph = interpret("""
            # a comment
            @default width = 3
            @let next = {width} + 1
            @def twice(x, y)
            _{y} = Add({x}, {x})
            {y} [batch {next}] = Mul(_{y}, f32({scale}))
            @end
            @input ids [batch pos]
            @if kind=a|b and not absent
            @use twice(ids, first)
            @else
            never = Nothing(ids)
            @end
            @layers
            @if list.{l}
            layer{l} = Slice(first, i64[0], i64[{list.{l}}], i64[1])
            @end
            @end
            last, _other [i64 batch] = Split(first, f32({scale}), i64[{numbers}], i64(2); axis=-1, mode="x", sizes=[1,2])
            @output last
            """, {"kind": "b", "n_layers": 3, "list": [5, None, 7], "scale": 0.5, "numbers": [1, 2]}, [])
        self.assertEqual([(n.op, n.inputs, n.outputs) for n in graph.nodes], [
            ("Add", ["ids", "ids"], ["_first"]), ("Mul", ["_first", "const.0"], ["first"]),
            ("Slice", ["first", "const.1", "const.2", "const.3"], ["layer0"]), ("Slice", ["first", "const.1", "const.4", "const.3"], ["layer2"]),
            ("Split", ["first", "const.0", "const.5", "const.6"], ["last", "_other"])])
        self.assertEqual(graph.constants["const.0"], ("f32", 0, (0.5,)))
        self.assertEqual(graph.constants["const.5"], ("i64", 1, (1, 2)))
        self.assertEqual(graph.nodes[-1].attributes, {"axis": -1, "mode": "x", "sizes": [1, 2]})
        self.assertEqual(graph.hooks, {"first": ["batch", 4], "_other": ["batch"]})
        self.assertEqual((graph.output, graph.integer_hooks), ("last", {"_other"}))


if __name__ == "__main__":
    if "--write" in sys.argv:
        GRAPHS.mkdir(exist_ok=True)
        for model in MODELS:
            (GRAPHS / f"{model}.txt").write_text(text(model, "float32"), encoding="utf-8")
        (GRAPHS / "gpt2.half.txt").write_text(text("gpt2", "float16"), encoding="utf-8")
    else:
        unittest.main()
