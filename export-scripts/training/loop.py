"""A training run: its state, one step, saving and going on."""

import csv
import math
import os
import time

import numpy as np
import torch
from torch.utils.data import DataLoader

from training.checkpoint import load_model, save_checkpoint
from training.corpus import Batches
from training.model import AttentionOnly, Gpt2, mean_loss
from training.optimizer import optimizer

KINDS = {"gpt2": Gpt2, "attn-only": AttentionOnly}
COLUMNS = ("tokens", "seconds", "learning_rate", "train_loss", "validation_loss")
WARM_UP_STEPS = 200


def learning_rate(peak, progress, step):
    """Linear warm-up, then a cosine down to nothing at progress 1."""
    return peak * min(1, (step + 1) / WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * min(progress, 1)))


def validation_loss(model, stream, end_of_text, n_ctx, limit):
    """Mean loss of `limit` sequences spread over the stream, each after an end of text, as prompts are read."""
    available = len(stream) // n_ctx
    if available < 1:
        return math.nan
    n = min(limit, available)
    chosen = [i * available // n for i in range(n)]
    total, device = 0.0, next(model.parameters()).device
    for i in range(0, n, 32):
        rows = np.stack([stream[j * n_ctx:(j + 1) * n_ctx] for j in chosen[i:i + 32]]).astype(np.int64)
        ids = np.concatenate([np.full((len(rows), 1), end_of_text), rows[:, :-1]], 1)
        with torch.no_grad():
            total += float(mean_loss(model, *(torch.from_numpy(a).to(device) for a in (ids, rows)))) * len(rows)
    return total / n


class Run:
    """One model on its way from random to trained. What decides the outcome is in `settings`, a plain dict."""

    def __init__(self, settings, tokenizer_folder, vocabulary, train, validation, folder, device="cpu"):
        self.settings, self.tokenizer_folder, self.folder, self.device = settings, tokenizer_folder, folder, device
        self.validation, self.end_of_text = validation, vocabulary - 1
        torch.manual_seed(settings["seed"])
        self.model = KINDS[settings["kind"]](vocabulary, settings["context"], settings["width"], settings["layers"], settings["heads"])
        if settings.get("start"):
            self.begin_from(settings["start"])
        self.model.to(device)
        self.optimizer = optimizer(self.model)
        self.batches = Batches(train, self.end_of_text, settings["context"], settings["batch"], settings["seed"], settings["repeat_share"])
        self.tokens_a_step = settings["batch"] * settings["context"]
        self.steps = math.ceil(settings["tokens"] / self.tokens_a_step)
        self.step, self.elapsed, self.curve, self.losses, self.rate = 0, 0.0, [], [], 0.0
        os.makedirs(folder, exist_ok=True)
        self.state_file = os.path.join(folder, "state.pt")
        if os.path.exists(self.state_file):
            self.load()

    def begin_from(self, folder):
        earlier = load_model(folder)
        if type(earlier) is not type(self.model):
            raise ValueError(f"the model in '{folder}' is of another kind than '{self.settings['kind']}'")
        if earlier.shape != self.model.shape:
            raise ValueError(f"the model in '{folder}' has {earlier.shape}: this run asks for {self.model.shape}")
        self.model.load_state_dict(earlier.state_dict())

    def load(self):
        state = torch.load(self.state_file, map_location=self.device)
        for name, value in self.settings.items():
            saved = state["settings"].get(name)
            if saved != value:
                raise ValueError(f"'{self.state_file}' was trained with {name} {saved}, this run asks for {value}: "
                                 "use the same settings to go on or another --output")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.elapsed, self.curve, self.losses = (state[k] for k in ("step", "elapsed", "curve", "losses"))

    def progress(self):
        """How much is done, from 0 to 1: by tokens or by time, whichever is further. The learning rate follows it."""
        minutes = self.settings["minutes"]
        return max(self.step / self.steps, self.elapsed / (60 * minutes) if minutes else 0)

    def train_step(self, ids, targets):
        start = time.monotonic()
        self.rate = learning_rate(self.settings["rate"], self.progress(), self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate
        self.optimizer.zero_grad(set_to_none=True)
        loss = mean_loss(self.model, ids, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        value = float(loss)
        if not math.isfinite(value):
            raise FloatingPointError(f"the loss is {value} at step {self.step}: lower --rate {self.settings['rate']}")
        self.losses.append(value)
        self.step += 1
        self.elapsed += time.monotonic() - start

    def save(self, validation_sequences=256):
        """Adds a line to the curve and writes the curve, the state to resume from and the checkpoint."""
        held = validation_loss(self.model, self.validation, self.end_of_text, self.settings["context"], validation_sequences)
        mean = np.mean(self.losses) if self.losses else math.nan
        self.curve.append((self.step * self.tokens_a_step, round(self.elapsed), f"{self.rate:.3g}", f"{mean:.4f}", f"{held:.4f}"))
        self.losses = []
        with open(os.path.join(self.folder, "curve.csv"), "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(self.curve)
        state = dict(settings=self.settings, model=self.model.state_dict(), optimizer=self.optimizer.state_dict(),
                     step=self.step, elapsed=self.elapsed, curve=self.curve, losses=self.losses)
        torch.save(state, self.state_file + ".new")
        os.replace(self.state_file + ".new", self.state_file)
        save_checkpoint(self.model, self.settings["kind"], self.tokenizer_folder, self.folder)
        return dict(zip(COLUMNS, self.curve[-1]))

    def finish(self, save_every, report, workers=0):
        """Steps until all is done, saving every so many seconds; the last line of the curve is on all validation text."""
        last = time.monotonic()
        for ids, targets in DataLoader(self.batches, batch_size=None, sampler=range(self.step, self.steps), num_workers=workers):
            if self.progress() >= 1:
                break
            self.train_step(ids.to(self.device), targets.to(self.device))
            if time.monotonic() - last > save_every:
                report(self.save())
                last = time.monotonic()
        report(self.save(validation_sequences=10 ** 9))
