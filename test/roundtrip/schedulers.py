"""Carries on schedules that flambeau has begun, and begins some that it carries on: python3 schedulers.py FOLDER."""

import json
import sys
import warnings

import torch
from torch import nn
from torch.optim import lr_scheduler as s
from torch.optim.swa_utils import AveragedModel

warnings.simplefilter("ignore")
folder = sys.argv[1]
MAKE = {
    "OneCycleLR": lambda o: s.OneCycleLR(o, 0.3, 61),
    "SequentialLR": lambda o: s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=5), s.CosineAnnealingLR(o, 30)], [5]),
    "MultiStepLR": lambda o: s.MultiStepLR(o, [5, 9, 9, 20]),
    "LambdaLR": lambda o: s.LambdaLR(o, lambda e: 0.9**e),
    "ReduceLROnPlateau": lambda o: s.ReduceLROnPlateau(o, patience=2),
    "CosineAnnealingWarmRestarts": lambda o: s.CosineAnnealingWarmRestarts(o, 4, 2),
}


def run(o, scheduler, count):
    rates = []
    for _ in range(count):
        o.step()
        scheduler.step(1.0) if isinstance(scheduler, s.ReduceLROnPlateau) else scheduler.step()
        rates.append(o.param_groups[0]["lr"])
    return rates


def optimizer():
    parameter = nn.Parameter(torch.ones(2))
    parameter.grad = torch.ones(2)
    return torch.optim.Adam([parameter], lr=0.1)


out = {}
for name, make in MAKE.items():
    o = optimizer()
    scheduler = make(o)
    state = torch.load(f"{folder}/{name}.pt")
    o.load_state_dict(state["optimizer"])
    scheduler.load_state_dict(state["scheduler"])
    carried = run(o, scheduler, 20)
    o = optimizer()
    scheduler = make(o)
    run(o, scheduler, 12)
    plain = {k: v for k, v in scheduler.state_dict().items() if not callable(v)}
    # what weights_only refuses, and flambeau with it, is no part of the state
    if "milestones" in plain:
        plain["milestones"] = dict(plain["milestones"])
    torch.save({"optimizer": o.state_dict(), "scheduler": plain}, f"{folder}/{name}-python.pt")
    out[name] = {"carried": carried, "rest": run(o, scheduler, 20)}

model = AveragedModel(nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2)))
nn.utils.weight_norm(model.module[0]), nn.utils.parametrizations.spectral_norm(model.module[1])
model.load_state_dict(torch.load(f"{folder}/model.pt"))
out["model"] = model.eval()(torch.ones(1, 3)).tolist()
print(json.dumps(out))
