"""Reading checkpoint folders: safetensors, PyTorch files, shards and their index."""
