"""Golden values of the template's analysis: the lengths of all rows of W_E in float64.

    python3 tests/Golden/embedded/make_template.py

Run again after models/onnx changes. lists.py says what a case holds and what "?" means.
"""

import numpy as np

from lists import EXACT, case, word_rows
from models import Model

if __name__ == "__main__":
    m = Model("tiny-gpt2")
    norms = np.linalg.norm(m["embed.W_E"], axis=1)
    rows = [{"rank": row["rank"], "token_id": row["token_id"], "norm": row["score"]} for row in word_rows(norms, 20, EXACT)]
    case("token-norms", [m], ["token-norms"], EXACT, token_norms=rows)
