"""Writes torch.json beside this file: what PyTorch makes of the same weights, batches and schedules.

    python -m venv v && v/bin/pip install torch && v/bin/python test/sdk/training/goldens/make.py
"""

import json
from pathlib import Path

import torch

torch.manual_seed(20)
torch.set_num_threads(1)
WIDTHS = [5, 8, 6, 3]
ROWS = 7
STEPS = 5


def net() -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    for inputs, outputs in zip(WIDTHS, WIDTHS[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def parameters(model: torch.nn.Sequential) -> dict[str, list[float]]:
    """By our names; our weights are [inputs, outputs], PyTorch's are the transposed."""
    values = {}
    for index, layer in enumerate(model):
        if isinstance(layer, torch.nn.Linear):
            values[f"layer{index}.weight"] = layer.weight.detach().T.flatten().tolist()
            values[f"layer{index}.bias"] = layer.bias.detach().tolist()
    return values


def run(loss: str, optimizer: dict[str, float | str], clip: float | None) -> dict[str, object]:
    model = net()
    features = torch.randn(ROWS, WIDTHS[0])
    classes = torch.randint(WIDTHS[-1], (ROWS,))
    targets = torch.nn.functional.one_hot(classes, WIDTHS[-1]).float()
    if loss == "mean-squared-error":
        targets = torch.randn(ROWS, WIDTHS[-1])
    rate = optimizer["learningRate"]
    if optimizer["kind"] == "sgd":
        chosen = torch.optim.SGD(model.parameters(), lr=rate, momentum=optimizer.get("momentum", 0))
    else:
        chosen = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    measure = torch.nn.MSELoss() if loss == "mean-squared-error" else torch.nn.CrossEntropyLoss()
    first = parameters(model)
    losses, norms = [], []
    for _ in range(STEPS):
        chosen.zero_grad()
        value = measure(model(features), targets)
        value.backward()
        if clip is not None:
            norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), clip).item())
        chosen.step()
        losses.append(value.item())
    return {
        "loss": loss, "optimizer": optimizer, "clipNorm": clip,
        "features": features.flatten().tolist(), "targets": targets.flatten().tolist(),
        "first": first, "losses": losses, "norms": norms, "last": parameters(model),
    }


def rates(make, count: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    plan = make(optimizer)
    seen = []
    for index in range(count):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if index < count - 1:
            plan.step()
    return seen


schedulers = torch.optim.lr_scheduler
golden = {
    "torch": torch.__version__, "widths": WIDTHS, "rows": ROWS,
    "runs": [
        run("softmax-cross-entropy", {"kind": "sgd", "learningRate": 0.1}, None),
        run("softmax-cross-entropy", {"kind": "sgd", "learningRate": 0.1, "momentum": 0.9}, 0.1),
        run("mean-squared-error", {"kind": "sgd", "learningRate": 0.05, "momentum": 0.9}, None),
        run("softmax-cross-entropy", {"kind": "adamw", "learningRate": 0.01}, None),
        run("mean-squared-error", {"kind": "adamw", "learningRate": 0.01}, 0.5),
    ],
    "schedules": [
        {"schedule": {"kind": "cosine", "learningRate": 0.1, "steps": 20, "minimum": 0.001},
         "rates": rates(lambda o: schedulers.CosineAnnealingLR(o, 20, eta_min=0.001), 20)},
        {"schedule": {"kind": "one-cycle", "learningRate": 0.1, "steps": 20},
         "rates": rates(lambda o: schedulers.OneCycleLR(o, 0.1, total_steps=20), 20)},
    ],
}
Path(__file__).with_name("torch.json").write_text(json.dumps(golden) + "\n")
