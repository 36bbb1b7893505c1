"""One process of a team: trains the toy set and writes down what it ended with. Started by test_distributed.py, not by pytest."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch
from training_toys import DEFINITIONS, QUICK, toy

from models.distributed import TeamError, team_of
from models.inputs import Unit
from models.job import Job
from models.settings import TrainingUnit
from models.training import train

# An epoch's last step has a batch for one process alone, and batches differ in size (the test makes sure). Units without
# attitudes leave some batches without a gradient for their head. Dropout and hidden tokens are on.
SETTINGS = replace(QUICK, epochs=2, batch_tokens=256, average=0.5, dropout=0.1, mask_share=0.2, lexical=False)


def units():
    made = toy(66)
    return [TrainingUnit(Unit(unit.unit.text), themes=unit.themes) if i % 3 else unit for i, unit in enumerate(made)]


def result(trained):
    return {
        "weights": trained.network.state_dict(),
        "history": [{k: v for k, v in row.items() if k != "seconds"} for row in trained.history],
        "calibrated": trained.decisions.to_dict() if trained.decisions else None,
    }


def main(base: str, out: Path, fault: str) -> None:
    with team_of("cpu") as team:
        job = Job(team)
        if fault and team.rank == 1:
            job.stop.asked = fault == "stop"
            if fault == "die":
                os._exit(9)
        if fault == "leader":
            team.agree(lambda: 1 / 0)
        trained = train(
            units(), toy(4), definitions=DEFINITIONS, base=base, settings=SETTINGS, device="cpu", job=job, report=print
        )
        if fault == "late" and team.leads:
            time.sleep(3)  # as a leader that calibrates
        if fault == "lost" and team.leads:
            os._exit(9)
        torch.save(result(trained), out / f"{team.rank}.pt")
    if fault == "late":
        (out / f"{team.rank} left").write_text(f"{(out / '0.pt').exists()}")


def start(base: str, out: str, fault: str = "") -> None:
    torch.set_num_threads(1)
    try:
        main(base, Path(out), fault)
    except TeamError as error:
        sys.exit(f"TeamError: {error}")


if __name__ == "__main__":
    start(*sys.argv[1:])
