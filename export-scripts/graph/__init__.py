"""The canonical graph, and the tables of what a model folder holds beside it: files that the exporter and the host read alike."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
TEMPLATE = HERE / "model.graph"
WEIGHTS = HERE / "weights.table"
FOLDER = HERE / "folder.table"
