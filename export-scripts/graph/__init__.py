"""The canonical graph: one template, its interpreter, and a slow evaluator to check with."""
