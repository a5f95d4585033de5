"""A linear classifier trained epoch by epoch with `partial_fit`, on the runner contract."""

import json
import os
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

CONFIG = json.loads(Path(os.environ["ARTENIC_CONFIG_FILE"]).read_text())
CHECKPOINTS = Path(os.environ["ARTENIC_CHECKPOINT_DIR"])
OUTPUTS = Path(os.environ["ARTENIC_OUTPUT_DIR"])
STOP_FILE = Path(os.environ["ARTENIC_STOP_FILE"])


def save_checkpoint(epoch: int, model: SGDClassifier) -> None:
    """All that the model has learned as plain numbers: no pickle, which would run code when it is read."""
    path = CHECKPOINTS / f"epoch-{epoch:05d}.json"
    unfinished = path.with_suffix(".tmp")
    state = {"epoch": epoch, "coef": model.coef_.tolist(), "intercept": model.intercept_.tolist(), "t": model.t_}
    unfinished.write_text(json.dumps(state))
    unfinished.rename(path)
    for old in sorted(CHECKPOINTS.glob("epoch-*.json"))[:-3]:
        old.unlink()


def main() -> None:
    data = load_breast_cancer()
    x, x_held, y, y_held = train_test_split(
        data.data, data.target, test_size=CONFIG["heldOut"], stratify=data.target, random_state=CONFIG["seed"]
    )
    scaler = StandardScaler().fit(x)  # training rows only
    x, x_held = scaler.transform(x), scaler.transform(x_held)
    model = SGDClassifier(loss="log_loss", alpha=CONFIG["alpha"], random_state=CONFIG["seed"])
    epoch = 0
    found = sorted(CHECKPOINTS.glob("epoch-*.json"))
    if found:
        saved = json.loads(found[-1].read_text())
        # creates the arrays, which then get the restored values
        model.partial_fit(x[:1], y[:1], classes=np.unique(y))
        model.coef_ = np.array(saved["coef"])
        model.intercept_ = np.array(saved["intercept"])
        model.t_ = saved["t"]
        epoch = saved["epoch"]
        print(f"going on after epoch {epoch}")
    with open(os.environ["ARTENIC_METRICS_FILE"], "a", buffering=1) as metrics:
        while epoch < CONFIG["epochs"]:
            order = np.random.default_rng([CONFIG["seed"], epoch]).permutation(len(x))
            model.partial_fit(x[order], y[order], classes=np.unique(y))
            epoch += 1
            accuracy = model.score(x_held, y_held)
            loss = log_loss(y_held, model.predict_proba(x_held))
            line = {"step": epoch, "epoch": epoch, "val_accuracy": accuracy, "val_loss": loss}
            metrics.write(json.dumps({**line, "progress": epoch / CONFIG["epochs"]}) + "\n")
            print(f"epoch {epoch}: accuracy {accuracy:.3f}, loss {loss:.4f}")
            save_checkpoint(epoch, model)
            if STOP_FILE.exists():
                print(f"asked to stop: epoch {epoch} is kept")
                return
    weights = {"coef": model.coef_[0].tolist(), "intercept": model.intercept_.tolist()}
    scaling = {"mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()}
    described = {"features": data.feature_names.tolist(), **scaling, **weights}
    (OUTPUTS / "model.json").write_text(json.dumps(described, indent=2) + "\n")


if __name__ == "__main__":
    main()
