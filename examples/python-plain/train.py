"""Logistic regression with the standard library only, on the whole runner contract.

Checkpoints are written beside and renamed, so a half-written one is never seen. What is random in an epoch comes from
the seed and the epoch's number: a run that was interrupted ends with the same bits as one that was not.
"""

import json
import math
import os
import random
import time
from pathlib import Path

CONFIG = json.loads(Path(os.environ["ARTENIC_CONFIG_FILE"]).read_text())
CHECKPOINTS = Path(os.environ["ARTENIC_CHECKPOINT_DIR"])
OUTPUTS = Path(os.environ["ARTENIC_OUTPUT_DIR"])
STOP_FILE = Path(os.environ["ARTENIC_STOP_FILE"])
FEATURES = ["temperature", "vibration", "age", "load"]


def make_rows(count: int, seed: int) -> list[tuple[list[float], int]]:
    """Components with four measurements each; the hidden rule is linear with some noise."""
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        features = [rng.gauss(0, 1) for _ in FEATURES]
        danger = 1.5 * features[0] + 2.0 * features[1] + 0.8 * features[2] - 0.5 + rng.gauss(0, 0.5)
        rows.append((features, int(danger > 0)))
    return rows


def probability(weights: list[float], features: list[float]) -> float:
    score = weights[-1] + sum(weight * value for weight, value in zip(weights, features))
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, score))))


def train_epoch(weights: list[float], rows: list[tuple[list[float], int]], epoch: int) -> float:
    """One pass of stochastic gradient descent in a shuffled order; returns the mean loss."""
    order = list(range(len(rows)))
    random.Random(f"{CONFIG['seed']}/{epoch}").shuffle(order)
    rate = CONFIG["learningRate"] / (1 + 0.1 * epoch)
    loss = 0.0
    for index in order:
        features, label = rows[index]
        predicted = probability(weights, features)
        loss -= math.log(max(predicted if label else 1 - predicted, 1e-12))
        gradient = predicted - label
        for column, value in enumerate(features):
            weights[column] -= rate * gradient * value
        weights[-1] -= rate * gradient
    return loss / len(rows)


def accuracy(weights: list[float], rows: list[tuple[list[float], int]]) -> float:
    return sum((probability(weights, features) > 0.5) == bool(label) for features, label in rows) / len(rows)


def save_checkpoint(epoch: int, weights: list[float]) -> None:
    path = CHECKPOINTS / f"epoch-{epoch:05d}.json"
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps({"epoch": epoch, "weights": weights}))
    unfinished.rename(path)
    for old in sorted(CHECKPOINTS.glob("epoch-*.json"))[:-3]:
        old.unlink()


def load_checkpoint() -> tuple[int, list[float]]:
    found = sorted(CHECKPOINTS.glob("epoch-*.json"))
    if not found:
        return 0, [0.0] * (len(FEATURES) + 1)
    saved = json.loads(found[-1].read_text())
    print(f"going on after epoch {saved['epoch']}")
    return saved["epoch"], saved["weights"]


def main() -> None:
    rows = make_rows(CONFIG["rows"], CONFIG["seed"])
    held_out = len(rows) // 5
    testing, training = rows[:held_out], rows[held_out:]
    epoch, weights = load_checkpoint()
    with open(os.environ["ARTENIC_METRICS_FILE"], "a", buffering=1) as metrics:
        while epoch < CONFIG["epochs"]:
            started = time.monotonic()
            loss = train_epoch(weights, training, epoch)
            epoch += 1
            measured = accuracy(weights, testing)
            progress = epoch / CONFIG["epochs"]
            line = {"step": epoch, "epoch": epoch, "loss": loss, "accuracy": measured, "progress": progress}
            metrics.write(json.dumps(line) + "\n")
            print(f"epoch {epoch}: loss {loss:.4f}, accuracy {measured:.3f}")
            if STOP_FILE.exists():
                save_checkpoint(epoch, weights)
                print(f"asked to stop: epoch {epoch} is kept")
                return
            if epoch % CONFIG["checkpointEvery"] == 0:
                save_checkpoint(epoch, weights)
            time.sleep(max(0.0, CONFIG["pauseSeconds"] - (time.monotonic() - started)))
    model = {"features": FEATURES, "weights": weights[:-1], "bias": weights[-1], "accuracy": accuracy(weights, testing)}
    (OUTPUTS / "model.json").write_text(json.dumps(model, indent=2) + "\n")


if __name__ == "__main__":
    main()
