"""Steps per second of PyTorch on one of the benchmark's nets: torch_steps.py WIDTHS OPTIMIZER THREADS STEPS.

Each line on the standard input asks for one more round of so many steps and is answered by one line of JSON.
"""

import json
import sys
import time

import torch

widths = [int(width) for width in sys.argv[1].split("-")]
kind, threads, steps = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
if threads > 0:
    torch.set_num_threads(threads)
torch.manual_seed(1)
layers: list[torch.nn.Module] = []
for inputs, outputs in zip(widths, widths[1:]):
    layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
model = torch.nn.Sequential(*layers[:-1])
features = torch.randn(50_048, widths[0])
classes = torch.randint(widths[-1], (50_048,))
loss = torch.nn.CrossEntropyLoss()
if kind == "sgd":
    optimizer: torch.optim.Optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
else:
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.001)
order = torch.randperm(len(features))
warm_up = 20


def round_of_steps() -> float:
    started = 0.0
    for step in range(steps + warm_up):
        if step == warm_up:
            started = time.perf_counter()
        one_step(step)
    return time.perf_counter() - started


def one_step(step: int) -> None:
    start = step * 64 % len(features)
    rows = order[start : start + 64]
    optimizer.zero_grad()
    value = loss(model(features[rows]), classes[rows])
    value.backward()
    optimizer.step()
    value.item()


for _ in sys.stdin:
    seconds = round_of_steps()
    print(json.dumps({"stepsPerSecond": steps / seconds, "threads": torch.get_num_threads(), "torch": torch.__version__}), flush=True)
