"""A network in PyTorch on the runner contract: a run that was interrupted ends with the same bits as one that was not."""

import json
import os
from pathlib import Path

import torch
from torch.utils.checkpoint import checkpoint_sequential

CONFIG = json.loads(Path(os.environ["ARTENIC_CONFIG_FILE"]).read_text())
CHECKPOINTS = Path(os.environ["ARTENIC_CHECKPOINT_DIR"])
OUTPUTS = Path(os.environ["ARTENIC_OUTPUT_DIR"])
STOP_FILE = Path(os.environ["ARTENIC_STOP_FILE"])
FEATURES, CLASSES = 8, 4


def make_rows(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Points around one centre per class."""
    random = torch.Generator().manual_seed(seed)
    centres = 1.5 * torch.randn(CLASSES, FEATURES, generator=random)
    classes = torch.randint(CLASSES, (count,), generator=random)
    return centres[classes] + torch.randn(count, FEATURES, generator=random), classes


def save_checkpoint(state: dict[str, object], epoch: int) -> None:
    """Written beside and renamed, so that a half-written one is never seen."""
    path = CHECKPOINTS / f"epoch-{epoch:05d}.pt"
    unfinished = path.with_suffix(".tmp")
    torch.save(state, unfinished)
    unfinished.rename(path)
    for old in sorted(CHECKPOINTS.glob("epoch-*.pt"))[:-3]:
        old.unlink()


def main() -> None:
    torch.manual_seed(CONFIG["seed"])
    features, classes = make_rows(CONFIG["rows"], CONFIG["seed"])
    held_out = len(features) // 5
    model = torch.nn.Sequential(
        torch.nn.Linear(FEATURES, 32), torch.nn.ReLU(), torch.nn.Linear(32, 32), torch.nn.ReLU(), torch.nn.Linear(32, CLASSES)
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=CONFIG["learningRate"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, CONFIG["epochs"])
    measure = torch.nn.CrossEntropyLoss()
    mixed = CONFIG["precision"] == "mixed-float16"
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if mixed and device == "cpu":
        raise SystemExit("config.precision mixed-float16 needs a GPU; this machine has none")
    model.to(device)
    features, classes = features.to(device), classes.to(device)
    scaler = torch.amp.GradScaler(device, enabled=mixed)

    epoch = 0
    found = sorted(CHECKPOINTS.glob("epoch-*.pt"))
    if found:
        saved = torch.load(found[-1], map_location=device, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        scaler.load_state_dict(saved["scaler"])
        epoch = saved["epoch"]
        print(f"going on after epoch {epoch}")

    with open(os.environ["ARTENIC_METRICS_FILE"], "a", buffering=1) as metrics:
        while epoch < CONFIG["epochs"]:
            # the order depends only on the seed and the epoch, so the checkpoint need not store it
            random = torch.Generator().manual_seed(1_000_003 * CONFIG["seed"] + epoch)
            order = held_out + torch.randperm(len(features) - held_out, generator=random)
            total = 0.0
            for rows in order.split(CONFIG["batchSize"]):
                optimizer.zero_grad()
                with torch.autocast(device, dtype=torch.float16, enabled=mixed):
                    if CONFIG["gradientCheckpointing"]:
                        outputs = checkpoint_sequential(model, 2, features[rows], use_reentrant=False)
                    else:
                        outputs = model(features[rows])
                    loss = measure(outputs, classes[rows])
                scaler.scale(loss).backward()
                scaler.step(optimizer)
                scaler.update()
                total += loss.item() * len(rows)
            schedule.step()
            epoch += 1
            with torch.no_grad():
                right = (model(features[:held_out]).argmax(1) == classes[:held_out]).float().mean().item()
            line = {"step": epoch, "epoch": epoch, "loss": total / len(order), "val_accuracy": right}
            metrics.write(json.dumps({**line, "progress": epoch / CONFIG["epochs"]}) + "\n")
            print(f"epoch {epoch}: loss {line['loss']:.4f}, accuracy {right:.3f}")
            parts = {"model": model, "optimizer": optimizer, "schedule": schedule, "scaler": scaler}
            save_checkpoint({"epoch": epoch, **{name: part.state_dict() for name, part in parts.items()}}, epoch)
            if STOP_FILE.exists():
                print(f"asked to stop: epoch {epoch} is kept")
                return
    torch.save(model.state_dict(), OUTPUTS / "model.pt")
    weights = {name: tensor.flatten().tolist() for name, tensor in model.state_dict().items()}
    (OUTPUTS / "weights.json").write_text(json.dumps(weights) + "\n")


if __name__ == "__main__":
    main()
