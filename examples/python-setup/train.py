"""Finds the centre of each group by averaging and reports how well the centres tell the groups apart."""

import json
import math
import os
import random
from pathlib import Path

from tabulate import tabulate

CONFIG = json.loads(Path(os.environ["ARTENIC_CONFIG_FILE"]).read_text())
CHECKPOINTS = Path(os.environ["ARTENIC_CHECKPOINT_DIR"])
STOP_FILE = Path(os.environ["ARTENIC_STOP_FILE"])
GROUPS = {"fern": (1.0, 4.0), "moss": (3.5, 1.5), "reed": (5.0, 5.0)}

Point = tuple[float, float]


def measure(group: str, seed: str) -> list[Point]:
    rng = random.Random(f"{CONFIG['seed']}/{group}/{seed}")
    x, y = GROUPS[group]
    return [(rng.gauss(x, 1.0), rng.gauss(y, 1.0)) for _ in range(CONFIG["rowsPerGroup"])]


def nearest(centres: dict[str, Point], point: Point) -> str:
    return min(centres, key=lambda group: math.dist(centres[group], point))


def confusion(centres: dict[str, Point]) -> dict[str, dict[str, int]]:
    table = {group: dict.fromkeys(GROUPS, 0) for group in GROUPS}
    for group in GROUPS:
        for point in measure(group, "test"):
            table[group][nearest(centres, point)] += 1
    return table


def load_checkpoint() -> tuple[int, dict[str, list[float]]]:
    path = CHECKPOINTS / "sums.json"
    if not path.exists():
        return 0, {group: [0.0, 0.0, 0.0] for group in GROUPS}
    saved = json.loads(path.read_text())
    return saved["round"], saved["sums"]


def save_checkpoint(done: int, sums: dict[str, list[float]]) -> None:
    unfinished = CHECKPOINTS / "sums.json.tmp"
    unfinished.write_text(json.dumps({"round": done, "sums": sums}))
    unfinished.rename(CHECKPOINTS / "sums.json")


def main() -> None:
    done, sums = load_checkpoint()
    table: dict[str, dict[str, int]] = {}
    centres: dict[str, Point] = {}
    with open(os.environ["ARTENIC_METRICS_FILE"], "a", buffering=1) as metrics:
        while done < CONFIG["rounds"] or not table:
            if done < CONFIG["rounds"]:
                for group in GROUPS:
                    for x, y in measure(group, str(done)):
                        sums[group] = [sums[group][0] + x, sums[group][1] + y, sums[group][2] + 1]
                done += 1
                save_checkpoint(done, sums)
            centres = {group: (x / count, y / count) for group, (x, y, count) in sums.items()}
            table = confusion(centres)
            right = sum(table[group][group] for group in GROUPS)
            accuracy = right / (len(GROUPS) * CONFIG["rowsPerGroup"])
            line = {"step": done, "accuracy": accuracy, "progress": done / CONFIG["rounds"]}
            metrics.write(json.dumps(line) + "\n")
            if STOP_FILE.exists():
                return
    rows = [[group, *table[group].values()] for group in GROUPS]
    print(tabulate(rows, headers=["is \\ taken for", *GROUPS], tablefmt="github"))
    model = {"centres": {group: list(centre) for group, centre in centres.items()}}
    (Path(os.environ["ARTENIC_OUTPUT_DIR"]) / "model.json").write_text(json.dumps(model, indent=2) + "\n")


if __name__ == "__main__":
    main()
