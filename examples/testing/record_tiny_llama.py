"""Record a small randomly initialised model, prefill then decode, and keep what its own attention answered.

usage: record_tiny_llama.py RECORDING OUTPUTS; OUTPUTS is float32 (positions, layers, heads, d), without a header.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

sys.path.insert(0, str(Path(__file__).parent.parent))
from record_transformers import Recorder  # noqa: E402

LAYERS, HEADS, D, PROMPT, NEW = 2, 4, 16, 12, 20

torch.manual_seed(1)
config = LlamaConfig(
    vocab_size=97, hidden_size=HEADS * D, intermediate_size=96, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
    num_key_value_heads=2, max_position_embeddings=128, initializer_range=0.3,  # wide: scores must not be all alike
)
model = LlamaForCausalLM(config).eval()
outputs = np.full((PROMPT + NEW, LAYERS, HEADS, D), np.nan, np.float32)


def keep(layer, start, q, k, v, output):
    outputs[start : start + output.shape[1], layer] = output[0]


ids, cache = torch.randint(0, 97, (1, PROMPT)), None
with torch.no_grad(), Recorder(model, sys.argv[1], keep) as recorder:
    for _ in range(NEW + 1):
        recorder.tokens(ids)
        out = model(ids, past_key_values=cache, use_cache=True)
        ids, cache = out.logits[:, -1:].argmax(-1), out.past_key_values
outputs.tofile(sys.argv[2])
print(json.dumps({"layers": LAYERS, "heads": HEADS, "d": D, "n": recorder.seen, "nan": int(np.isnan(outputs).sum())}))
