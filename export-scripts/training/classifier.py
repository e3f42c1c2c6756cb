"""Fine-tuning the top of a GPT-2 checkpoint, with a linear classifier, on labelled texts.

The recipe of "Analyzing Transformers in Embedding Space", 4.3: the final layer norm becomes the identity,
each position's residual goes through a linear head, the logits are averaged over positions, and only the
tensors named `.weight` of the last blocks and of the classifier learn.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from training.checkpoint import load_gpt2


class Classifier(nn.Module):
    def __init__(self, folder, last_layers, seed, device="cpu"):
        super().__init__()
        torch.manual_seed(seed)
        self.body = load_gpt2(folder)
        layers, d = self.body.shape["layers"], self.body.shape["d"]
        if not 0 < last_layers <= layers:
            raise ValueError(f"--last-layers {last_layers}: the model in '{folder}' has {layers} layers")
        self.first = layers - last_layers
        self.head = nn.Linear(d, 2)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        self.body.requires_grad_(False)
        for name, p in self.body.h[self.first:].named_parameters():
            p.requires_grad_(name.endswith(".weight"))
        self.head.bias.requires_grad_(False)
        self.to(device)

    def trainable(self):
        return [p for p in self.parameters() if p.requires_grad]

    def forward(self, ids, dropout=0.0):
        """ids [b,p], without padding -> logits [b,2]."""
        p = ids.shape[1]
        with torch.no_grad():
            x = self.body.wte(ids) + self.body.wpe.weight[:p]
            for block in self.body.h[:self.first]:
                x, _ = block(x, self.body.mask[:p, :p])
        for block in self.body.h[self.first:]:
            x = F.dropout(x, dropout, self.training)
            x, _ = block(x, self.body.mask[:p, :p])
        return self.head(x).mean(1)


def encode_labelled(tokenizer, documents, n_ctx, with_end_of_text):
    """Ids of each text, cut to the context, after an end of text where asked."""
    start = [tokenizer.end_of_text] if with_end_of_text else []
    return [np.array((start + tokenizer.encode(d))[:n_ctx], dtype=np.int64) for d in documents]


def evaluate(model, sequences, labels):
    """(accuracy, mean loss) over single sequences."""
    model.eval()
    right, loss = 0, 0.0
    with torch.no_grad():
        for ids, label in zip(sequences, labels):
            logits = model(torch.from_numpy(ids)[None].to(model.head.weight.device)).cpu()
            right += int(logits.argmax()) == label
            loss += float(F.cross_entropy(logits, torch.tensor([label])))
    model.train()
    return right / len(labels), loss / len(labels)


def batches_of_equal_length(sequences, batch, random):
    """Index lists of at most `batch` sequences of one length, in random order: no padding is ever needed."""
    by_length = {}
    for i in random.permutation(len(sequences)):
        by_length.setdefault(len(sequences[i]), []).append(int(i))
    groups = [same[i:i + batch] for _, same in sorted(by_length.items()) for i in range(0, len(same), batch)]
    return [groups[i] for i in random.permutation(len(groups))]


def fine_tune(model, sequences, labels, epochs, batch, rate, dropout, seed, report):
    """AdamW, the rate falling linearly to nothing, gradients clipped to 1; `report` gets each epoch's mean loss."""
    random = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(model.trainable(), lr=rate, weight_decay=0.0)
    device = model.head.weight.device
    labels = torch.tensor(labels, device=device)
    done = 0
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for group in batches_of_equal_length(sequences, batch, random):
            for g in optimizer.param_groups:
                g["lr"] = rate * (1 - done / (epochs * len(sequences)))
            ids = torch.from_numpy(np.stack([sequences[i] for i in group])).to(device)
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(model(ids, dropout), labels[group])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.trainable(), 1.0)
            optimizer.step()
            total += float(loss) * len(group)
            done += len(group)
        report(epoch + 1, total / len(sequences))
