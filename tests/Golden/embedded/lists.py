"""How golden values are ranked, where rounding decides, and how a case is written.

One JSON file a case, beside this one: the arguments of `pluginlens run`, the hashes of the weights they are for, the tolerance, the number of rows of each table, and
all or the first of them (the columns worth comparing). "?" stands for a value that rounding decides: an id whose score ties with its neighbour's within the
tolerance. Tolerances are relative to the largest value of a column; what was seen is less than a fifth of them:
  1e-9  weights alone, scored in float64 by the program too
  1e-6  one intermediate rounded to float32 (a difference of weights, a row divided by its length)
  1e-5  float32 forward passes and products: 2^-24 times the square root of a few thousand operations
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
EXACT, ROUNDED, FORWARD = 1e-9, 1e-6, 1e-5


def cosines(x, rows):
    """0 with a zero vector."""
    lengths = np.linalg.norm(x) * np.linalg.norm(rows, axis=-1)
    return np.divide(rows @ x, lengths, out=np.zeros(len(rows)), where=lengths > 0)


def top(scores, k):
    """Ids of the k largest, the lower id first where equal."""
    return np.lexsort((np.arange(len(scores)), -scores))[:k]


def listed(scores, k, tolerance):
    """Of the k largest: ids, "?" for those that tie with a neighbour in rank, and scores."""
    order = top(scores, k + 1)
    best = scores[order]
    gap = 4 * tolerance * np.abs(best).max()
    near = np.append(np.abs(np.diff(best)) < gap, False)
    unsure = near | np.insert(near[:-1], 0, False)
    return ["?" if unsure[at] else int(order[at]) for at in range(min(k, len(order)))], best[:k].tolist()


def word_rows(scores, k, tolerance):
    """The k largest as a table's rows end."""
    return [{"rank": rank, "token_id": token, "score": score} for rank, (token, score) in enumerate(zip(*listed(scores, k, tolerance)), 1)]


def place(scores, token):
    """Rank of a token after a float32 forward pass, "?" where another ties with it."""
    near = np.sum(np.abs(scores - scores[token]) < 4 * FORWARD * np.abs(scores).max()) > 1
    return "?" if near else int(np.sum(scores > scores[token])) + 1


def clear(scores, k):
    """Whether the k largest are beyond doubt for a program that computes in float32."""
    best = scores[top(scores, k + 1)]
    return best[k - 1] - best[k] > 4 * FORWARD * np.abs(best).max()


def joined(values):
    return ",".join(map(str, values))


def case(name, models, arguments, tolerance, first=None, **tables):
    """Writes one case; names of tables with underscores for hyphens. Of tables in `first` only that many rows are kept."""
    options = [str(argument) for argument in arguments]
    plugin, rest = options[0], options[1:]
    content = {
        "made_by": "make.py; do not edit",
        "arguments": ["--plugin", plugin, *(argument for m in models for argument in ("--model", m.name)), *rest],
        "weights": {m.name: m.sha256 for m in models},
        "tolerance": tolerance,
        "rows": {table.replace("_", "-"): len(rows) for table, rows in tables.items()},
    }
    for table, count in (first or {}).items():
        tables[table] = tables[table][:count]
    lines = ",\n".join(
        f'    {json.dumps(table.replace("_", "-"))}: [\n' + ",\n".join(f"      {json.dumps(row, ensure_ascii=False, default=lambda value: value.item())}" for row in rows) + "\n    ]" for table, rows in tables.items())
    head = json.dumps(content, indent=2)[:-2]
    (HERE / f"{name}.json").write_text(f'{head},\n  "tables": {{\n{lines}\n  }}\n}}\n', encoding="utf-8")
    print(f"{name}: {sum(map(len, tables.values()))} rows")
