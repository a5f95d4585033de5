"""Writes finder.json beside this file: what fastai's own rules (fastai/callback/schedule.py) say of some curves.

    python -m venv v && v/bin/pip install torch numpy && v/bin/pip install --no-deps fastai==2.8.12
    v/bin/python test/sdk/training/goldens/finder.py

fastai is not imported, only its four functions are run: the rest of it needs a hundred packages.
"""

import ast
import importlib.util
import json
import math
from pathlib import Path

import numpy as np
import torch

RULES = ["valley", "slide", "minimum", "steep"]
STEPS = 100


def rules() -> dict:
    [folder] = importlib.util.find_spec("fastai").submodule_search_locations
    source = ast.parse((Path(folder) / "callback" / "schedule.py").read_text())
    body = [node for node in source.body if isinstance(node, ast.FunctionDef) and node.name in RULES]
    scope = {"np": np, "to_np": lambda tensor: tensor.numpy()}
    exec(compile(ast.Module(body, []), "schedule.py", "exec"), scope)
    return scope


def curve(kind: str, seed: int) -> list[float]:
    random = torch.Generator().manual_seed(seed)
    losses = []
    for index in range(STEPS):
        place = index / STEPS
        fall = 2.3 - 1.6 / (1 + math.exp(-18 * (place - 0.55)))
        rise = max(0.0, place - 0.8) * 30
        noise = torch.rand(1, generator=random, dtype=torch.float64).item() * (0.2 if kind == "noisy" else 0.002)
        losses.append({"falling": 2.3 - 2 * place**1.5, "rising": 1 + place**2}.get(kind, fall + rise + noise))
    return losses


scope = rules()
cases = []
for kind, seed in [("smooth", 1), ("noisy", 2), ("noisy", 3), ("falling", 4), ("rising", 5)]:
    rates = torch.tensor([1e-7 * 1e8 ** (index / STEPS) for index in range(STEPS)], dtype=torch.float64)[10:-5]
    losses = torch.tensor(curve(kind, seed), dtype=torch.float64)[10:-5]
    said = {rule: scope[rule](rates, losses, STEPS)[0] for rule in RULES}
    cases.append({"kind": kind, "rates": rates.tolist(), "losses": losses.tolist(), **said})
Path(__file__).with_name("finder.json").write_text(json.dumps({"fastai": "2.8.12", "cases": cases}, indent=1) + "\n")
