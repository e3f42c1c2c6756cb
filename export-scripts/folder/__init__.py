"""Writing a model folder: model.onnx, model.onnx.data, tokenizer files; and reading it back to check it."""
