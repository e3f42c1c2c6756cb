"""What a key means that config.json lacks: the value that the model's own class gives it in transformers. One table for all architectures.

A key that is in neither is an error that names it. Cohere's rope_theta is left out on purpose: releases of the library differ (10000, 500000).
"""

# What every class of the library has.
COMMON = {"tie_word_embeddings": True, "id2label": None, "quantization_config": None, "pruned_heads": None}

ROPE = {"rope_theta": 10000.0, "rope_scaling": None, "rope_parameters": None, "partial_rotary_factor": 1.0, "original_max_position_embeddings": None}

BERT = {"vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "hidden_act": "gelu",
        "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "position_embedding_type": "absolute",
        "is_decoder": False, "add_cross_attention": False}

GPT = {"n_layer": 12, "n_head": 12, "n_embd": 768, "layer_norm_epsilon": 1e-5}

DECODER = {**ROPE, "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32,
           "num_key_value_heads": None, "head_dim": None, "hidden_act": "silu", "max_position_embeddings": 2048, "tie_word_embeddings": False}

LLAMA = {**DECODER, "rms_norm_eps": 1e-6}

WINDOWS = {"sliding_window": 4096, "layer_types": None}

GEMMA = {**{key: value for key, value in LLAMA.items() if key != "hidden_act"}, "vocab_size": 256000, "head_dim": 256, "max_position_embeddings": 8192, "tie_word_embeddings": True, "attention_bias": False,
         "use_bidirectional_attention": None, "hidden_activation": "gelu_pytorch_tanh"}

QWEN = {**LLAMA, "vocab_size": 151936, "intermediate_size": 22016, "num_key_value_heads": 32, "max_position_embeddings": 32768,
        **WINDOWS, "use_sliding_window": False, "max_window_layers": 28}

DEFAULTS = {
    "bert": BERT,
    "roberta": {**BERT, "vocab_size": 50265, "pad_token_id": 1},
    "xlm-roberta": {**BERT, "pad_token_id": 1},
    "camembert": {**BERT, "pad_token_id": 1},
    "bloom": {"vocab_size": 250880, "hidden_size": 64, "n_layer": 2, "n_head": 8, "layer_norm_epsilon": 1e-5,
              "apply_residual_connection_post_layernorm": False, "seq_length": 2048},  # ALiBi has no longest text; 2048 is what it was trained on
    "cohere": {**DECODER, "vocab_size": 256000, "hidden_size": 8192, "intermediate_size": 22528, "num_hidden_layers": 40, "num_attention_heads": 64,
               "max_position_embeddings": 8192, "layer_norm_eps": 1e-5, "logit_scale": 0.0625, "use_qk_norm": False, "attention_bias": False,
               "tie_word_embeddings": True},
    "falcon": {**ROPE, "vocab_size": 65024, "hidden_size": 4544, "num_hidden_layers": 32, "num_attention_heads": 71, "num_kv_heads": None,
               "num_ln_in_parallel_attn": None, "layer_norm_epsilon": 1e-5, "alibi": False, "new_decoder_architecture": False, "multi_query": True,
               "parallel_attn": True, "bias": False, "max_position_embeddings": 2048, "ffn_hidden_size": None, "activation": "gelu"},
    "gemma": {**GEMMA, "hidden_size": 3072, "intermediate_size": 24576, "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 16,
              "hidden_act": "gelu_pytorch_tanh", "hidden_activation": None},
    "gemma2": {**GEMMA, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26, "num_attention_heads": 8, "num_key_value_heads": 4,
               "query_pre_attn_scalar": 256, **WINDOWS, "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0},
    "gemma3_text": {**GEMMA, "vocab_size": 262208, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26, "num_attention_heads": 8,
                    "num_key_value_heads": 4, "max_position_embeddings": 131072, "query_pre_attn_scalar": 256, **WINDOWS,
                    "sliding_window_pattern": 6, "attn_logit_softcapping": None, "final_logit_softcapping": None, "rope_theta": 1000000.0,
                    "rope_local_base_freq": 10000.0},
    "gpt2": {**GPT, "vocab_size": 50257, "n_positions": 1024, "n_inner": None, "activation_function": "gelu_new", "scale_attn_weights": True,
             "scale_attn_by_inverse_layer_idx": False, "reorder_and_upcast_attn": False, "add_cross_attention": False},
    "gpt_neo": {"vocab_size": 50257, "max_position_embeddings": 2048, "hidden_size": 2048, "num_layers": 24, "num_heads": 16, "intermediate_size": None,
                "attention_types": [[["global", "local"], 12]], "attention_layers": None, "window_size": 256, "activation_function": "gelu_new",
                "layer_norm_epsilon": 1e-5},
    "gpt_neox": {**ROPE, "vocab_size": 50432, "hidden_size": 6144, "num_hidden_layers": 44, "num_attention_heads": 64, "intermediate_size": 24576,
                 "hidden_act": "gelu", "max_position_embeddings": 2048, "layer_norm_eps": 1e-5, "use_parallel_residual": True, "attention_bias": True,
                 "partial_rotary_factor": 0.25, "tie_word_embeddings": False},
    "gptj": {**GPT, "vocab_size": 50400, "n_positions": 2048, "n_embd": 4096, "n_layer": 28, "n_head": 16, "rotary_dim": 64, "n_inner": None,
             "activation_function": "gelu_new", "rope_scaling": None, "rope_parameters": None, "tie_word_embeddings": False},
    "granite": {**LLAMA, "attention_bias": False, "mlp_bias": False, "embedding_multiplier": 1.0, "residual_multiplier": 1.0, "logits_scaling": 1.0,
                "attention_multiplier": 1.0},
    "llama": {**LLAMA, "pretraining_tp": 1, "attention_bias": False, "mlp_bias": False},
    "mistral": {**LLAMA, "intermediate_size": 14336, "num_key_value_heads": 8, "max_position_embeddings": 131072, **WINDOWS},
    "mixtral": {**LLAMA, "intermediate_size": 14336, "num_key_value_heads": 8, "max_position_embeddings": 131072, "rms_norm_eps": 1e-5,
                "rope_theta": 1000000.0, **WINDOWS, "sliding_window": None, "num_local_experts": 8, "num_experts_per_tok": 2},
    "olmo2": {**LLAMA, "vocab_size": 50304, "rms_norm_eps": 1e-5, "attention_bias": False},
    "openai-gpt": {**GPT, "vocab_size": 40478, "n_positions": 512, "afn": "gelu"},
    "opt": {"vocab_size": 50272, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "ffn_dim": 3072, "max_position_embeddings": 2048,
            "activation_function": "relu", "do_layer_norm_before": True, "_remove_final_layer_norm": False, "layer_norm_elementwise_affine": True,
            "word_embed_proj_dim": None, "enable_bias": True},
    "phi": {**DECODER, "vocab_size": 51200, "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 24, "hidden_act": "gelu_new",
            "layer_norm_eps": 1e-5, "partial_rotary_factor": 0.5, "qk_layernorm": False},
    "phi3": {**LLAMA, "vocab_size": 32064, "hidden_size": 3072, "intermediate_size": 8192, "max_position_embeddings": 4096,
             "original_max_position_embeddings": 4096, "rms_norm_eps": 1e-5, **WINDOWS, "sliding_window": None},
    "qwen2": QWEN,
    "qwen3": {**QWEN, "head_dim": 128, "attention_bias": False},
    "stablelm": {**DECODER, "vocab_size": 50304, "hidden_size": 2560, "intermediate_size": 6912, "num_key_value_heads": 32, "max_position_embeddings": 4096,
                 "layer_norm_eps": 1e-5, "partial_rotary_factor": 0.25, "use_qkv_bias": False, "qk_layernorm": False, "use_parallel_residual": False},
    "starcoder2": {**DECODER, "vocab_size": 49152, "hidden_size": 3072, "intermediate_size": 12288, "num_hidden_layers": 30, "num_attention_heads": 24,
                   "num_key_value_heads": 2, "hidden_act": "gelu_pytorch_tanh", "max_position_embeddings": 4096, "norm_epsilon": 1e-5,
                   **WINDOWS, "sliding_window": None, "use_bias": True, "tie_word_embeddings": True},
    "transformer-lens": {"attn_only": False, "act_fn": None, "d_mlp": None, "eps": 1e-5, "attn_scale": -1.0, "use_attn_scale": True, "n_key_value_heads": None,
                         "normalization": "LN", "attention_dir": "causal", "positional_embedding_type": "standard", "shortformer_pos": False, "final_rms": False,
                         "parallel_attn_mlp": False, "use_local_attn": False, "scale_attn_by_inverse_layer_idx": False, "gated_mlp": False,
                         "post_embedding_ln": False, "use_normalization_before_and_after": False, "attn_scores_soft_cap": -1.0, "output_logits_soft_cap": -1.0},
}
del DEFAULTS["cohere"]["rope_theta"]

# Other names under which the classes, or files from before them, have a key.
ALIASES = {
    "bloom": {"hidden_size": ("n_embed",), "n_layer": ("num_hidden_layers",), "n_head": ("num_attention_heads",)},
    "falcon": {"num_hidden_layers": ("n_layer",), "num_attention_heads": ("n_head",)},
    "gpt2": {"n_embd": ("hidden_size",), "n_head": ("num_attention_heads",), "n_layer": ("num_hidden_layers",), "n_positions": ("n_ctx", "max_position_embeddings")},
    "gpt_neo": {"num_heads": ("num_attention_heads",), "num_layers": ("num_hidden_layers",)},
    "gpt_neox": {"partial_rotary_factor": ("rotary_pct",), "rope_theta": ("rotary_emb_base",)},
    "gptj": {"n_embd": ("hidden_size",), "n_head": ("num_attention_heads",), "n_layer": ("num_hidden_layers",), "n_positions": ("max_position_embeddings",)},
    "mixtral": {"num_local_experts": ("num_experts",)},
    "openai-gpt": {"n_embd": ("hidden_size",), "n_head": ("num_attention_heads",), "n_layer": ("num_hidden_layers",), "n_positions": ("n_ctx", "max_position_embeddings")},
    "transformer-lens": {"normalization": ("normalization_type",)},
}

# Keys whose null says something although the class has another default: no window, no cap, as many key-value heads as heads.
NULL = {
    "gemma2": {"sliding_window", "attn_logit_softcapping", "final_logit_softcapping"},
    "gemma3_text": {"sliding_window"},
    "mistral": {"sliding_window", "num_key_value_heads"},
    "mixtral": {"num_key_value_heads"},
    "qwen2": {"sliding_window", "num_key_value_heads"},
    "qwen3": {"sliding_window", "num_key_value_heads"},
}
