"""Record q, k and v of a Hugging Face model while it runs, as a recording that kronflow replays.

    pip install torch transformers pyarrow
    python record_transformers.py gpt2 --prompt "Once upon a time" --new-tokens 100 -o gpt2.parquet
    kronflow replay gpt2.parquet -c four-cache -c window:size=64 --prompt 5

As a library, around any call of any model whose attention goes through transformers' AttentionInterface:

    with Recorder(model, "out.parquet") as recorder:
        recorder.tokens(input_ids)                     # optional: ids of the tokens of the next call
        model(input_ids, past_key_values=cache)

What is recorded: every position once, with the query and with the *new* key and value only (with a cache the model
hands over all keys of the past every time); q and k after their rotation; each key-value head once, and a map that
says which query heads share it; the scale. The file appears whole, when the block ends without an error.
"""

import argparse
import json
import os
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

NAME = "kronflow_recorder"
_active = None


def _attention(module, query, key, value, attention_mask, **kwargs):
    """What the model calls instead of its attention: (batch, heads, n, d) in, (batch, n, heads, d) out."""
    output, weights = sdpa_attention_forward(module, query, key, value, attention_mask, **kwargs)
    if _active is not None:
        _active._take(module, query, key, value, attention_mask, output, kwargs)
    return output, weights


AttentionInterface.register(NAME, _attention)


class Recorder:
    """Writes what the attention of `model` sees; `on_step(layer, start, q, k, v, output)` sees it too."""

    def __init__(self, model, path, on_step=None):
        self.model, self.path, self.on_step = model, path, on_step
        self.config = model.config.get_text_config()
        self.layers = self.config.num_hidden_layers
        self.pending, self.ids, self.writer, self.scale = {}, None, None, None
        self.seen = 0  # positions written so far
        self.warned = set()

    def __enter__(self):
        global _active
        if _active is not None:
            raise RuntimeError("another Recorder is active")
        self.before = self.config._attn_implementation
        self.model.set_attn_implementation(NAME)
        if self.config._attn_implementation != NAME:
            raise RuntimeError("this model does not use AttentionInterface: record with hooks, see docs/recording.md")
        if self._mask_name() is None:
            raise RuntimeError("this version of transformers makes no masks for a registered attention")
        _active = self
        return self

    def __exit__(self, error, *_):
        global _active
        _active = None
        self.model.set_attn_implementation(self.before)
        if self.writer is not None:
            self.writer.close()
            self.file.close()
            if error is None and not self.pending:
                os.replace(self.path + ".tmp", self.path)
                return
            os.remove(self.path + ".tmp")
        if error is None:
            raise RuntimeError("nothing was recorded: did the model run inside the block?")

    def tokens(self, ids):
        """Ids (batch, n) of the next call; without them token_id is null."""
        self.ids = ids.detach().cpu().numpy()

    @staticmethod
    def _mask_name():
        """A registered attention gets no mask unless one is registered under its name: prompts would see the future."""
        try:
            from transformers import AttentionMaskInterface
            from transformers.masking_utils import sdpa_mask
        except ImportError:
            return None
        AttentionMaskInterface.register(NAME, sdpa_mask)
        return NAME

    def _take(self, module, query, key, value, mask, output, kwargs):
        new = query.shape[2]
        if key.shape[2] < new or key.shape[-1] != query.shape[-1] or value.shape[-1] != query.shape[-1]:
            raise RuntimeError(f"layer {module.layer_idx}: heads of other lengths, q {tuple(query.shape)}, "
                               f"k {tuple(key.shape)}, v {tuple(value.shape)}")
        scale = kwargs.get("scaling")
        scale = query.shape[-1] ** -0.5 if scale is None else float(scale)
        if self.scale not in (None, scale):
            raise RuntimeError(f"layer {module.layer_idx} has scale {scale}, but others have {self.scale}")
        self.scale = scale
        self._warn(kwargs, mask, new, key.shape[2])
        take = lambda x: x.detach()[:, :, -new:].float().cpu().numpy()  # the cache may hand over the whole past
        rows = (take(query), take(key), take(value))
        if module.layer_idx in self.pending:
            raise RuntimeError(f"layer {module.layer_idx} ran twice before the others: is a checkpoint or a loop in use?")
        self.pending[module.layer_idx] = rows
        if self.on_step is not None:
            self.on_step(module.layer_idx, self.seen, *rows, output.detach().float().cpu().numpy())
        if len(self.pending) == self.layers:
            self._write()

    def _warn(self, kwargs, mask, new, past):
        """Things that kronflow's exact attention does not do: its errors would be against another model."""
        window = kwargs.get("sliding_window")
        padded = mask is not None and mask.dtype == torch.bool and not bool(mask[..., -1, -new:].any(-1).all())
        for name, there in (
            ("a sliding window", window is not None and past > window),
            ("soft-capped scores", kwargs.get("softcap") is not None),
            ("attention sinks", kwargs.get("s_aux") is not None),
            ("padding", padded),
        ):
            if there and name not in self.warned:
                warnings.warn(f"the model uses {name}: a replay attends to every earlier token instead")
                self.warned.add(name)

    def _write(self):
        layers = [self.pending[layer] for layer in sorted(self.pending)]
        self.pending = {}
        batch, heads, new, d = layers[0][0].shape
        shared = layers[0][1].shape[1]
        owner = np.arange(heads) % (heads // shared) == 0  # the first query head of every group holds its keys
        # (layers, batch, heads, n, d) to (batch, n, layers, heads, d): rows by stream, position, layer, head
        q, k, v = (np.stack([rows[i] for rows in layers]).transpose(1, 3, 0, 2, 4) for i in range(3))
        rows = batch * new * len(layers) * heads
        axis = lambda values, *shape: np.broadcast_to(
            np.asarray(values, np.int32).reshape(shape), (batch, new, len(layers), heads)).ravel()
        ids = None if self.ids is None else self.ids[:, -new:]
        columns = {
            "stream_id": pa.array(axis(np.arange(batch), -1, 1, 1, 1)),
            "pos": pa.array(axis(self.seen + np.arange(new), 1, -1, 1, 1)),
            "token_id": pa.nulls(rows, pa.int32()) if ids is None else pa.array(axis(ids, batch, new, 1, 1)),
            "layer": pa.array(axis(np.arange(len(layers)), 1, 1, -1, 1)),
            "head": pa.array(axis(np.arange(heads), 1, 1, 1, -1)),
            "q": pa.FixedSizeListArray.from_arrays(pa.array(q.ravel(), pa.float32()), d),
            "k1": self._shared(k, owner, rows, d),
            "v1": self._shared(v, owner, rows, d),
        }
        table = pa.RecordBatch.from_pydict(columns)
        if self.writer is None:
            self._open(table.schema, heads, shared, d, len(layers))
        self.writer.write_batch(table.replace_schema_metadata(self.schema.metadata))
        self.seen += new
        self.ids = None

    @staticmethod
    def _shared(values, owner, rows, d):
        """A list per row where the head owns its keys, null elsewhere."""
        held = np.resize(owner, rows)
        offsets = np.concatenate([[0], np.cumsum(held * d)]).astype(np.int32)
        mask = pa.array(~held) if not held.all() else None
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values.ravel(), pa.float32()), mask=mask)

    def _open(self, schema, heads, shared, d, layers):
        said = {
            "schema_version": 1, "table": "recording", "order": "matrix", "scale": repr(self.scale), "d": d,
            "heads": heads, "layers": layers, "rope": self._rope(),
        }
        if heads != shared:
            said["kv_heads"] = json.dumps([head // (heads // shared) for head in range(heads)], separators=(",", ":"))
        self.schema = schema.with_metadata({f"kronflow.{key}": str(value) for key, value in said.items()})
        self.file = open(self.path + ".tmp", "wb")
        if self.path.endswith(".parquet"):
            self.writer = pq.ParquetWriter(self.file, self.schema, compression="zstd", use_dictionary=False)
        else:
            self.writer = pa.ipc.new_stream(self.file, self.schema)

    def _rope(self):
        """What AttentionInterface sees has been rotated already."""
        rotary = any("rotary" in name.lower() for name, _ in self.model.named_modules())
        return "post" if rotary else "none"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="name or folder of a causal language model")
    parser.add_argument("--prompt", required=True)
    parser.add_argument("--new-tokens", type=int, default=50)
    parser.add_argument("-o", "--output", required=True, help=".parquet or .arrow")
    args = parser.parse_args()
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModelForCausalLM.from_pretrained(args.model).eval()
    ids = tokenizer(args.prompt, return_tensors="pt").input_ids
    prompt, cache = ids.shape[1], None
    with torch.no_grad(), Recorder(model, args.output) as recorder:
        for _ in range(args.new_tokens + 1):
            recorder.tokens(ids)
            out = model(ids, past_key_values=cache, use_cache=True)
            ids, cache = out.logits[:, -1:].argmax(-1), out.past_key_values
    print(f"{args.output}: {recorder.seen} tokens, the first {prompt} are the prompt: "
          f"kronflow replay {args.output} --prompt {prompt}")


if __name__ == "__main__":
    main()
