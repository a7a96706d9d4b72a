"""Learning rates of PyTorch's schedulers over 60 steps, their state dicts, and averaged weights: writes schedulers.json. Needs torch 1.13."""

import json
import pathlib
import warnings

import torch
from torch.optim import lr_scheduler as s
from torch.optim import swa_utils

warnings.simplefilter("ignore")


def optimizer(kind="SGD"):
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))]}, {"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.02}]
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9) if kind == "SGD" else torch.optim.Adam(groups, lr=0.1)


metrics = [1 / (1 + i) if i < 12 else 0.08 + 0.001 * (i % 7) for i in range(60)]
CASES = {
    "StepLR": [dict(step_size=7), dict(step_size=3, gamma=0.5)],
    "MultiStepLR": [dict(milestones=[5, 9, 9, 30], gamma=0.3)],
    "ConstantLR": [{}, dict(factor=0.5, total_iters=10)],
    "LinearLR": [{}, dict(start_factor=0.1, end_factor=0.7, total_iters=20)],
    "ExponentialLR": [dict(gamma=0.93)],
    "PolynomialLR": [{}, dict(total_iters=40, power=2.0)],
    "CosineAnnealingLR": [dict(T_max=13, eta_min=0.001)],
    "CosineAnnealingWarmRestarts": [dict(T_0=7), dict(T_0=5, T_mult=2, eta_min=0.01)],
    "CyclicLR": [
        dict(base_lr=0.01, max_lr=0.1, step_size_up=8),
        dict(base_lr=[0.01, 0.02], max_lr=[0.1, 0.3], step_size_up=5, step_size_down=9, mode="triangular2"),
        dict(base_lr=0.01, max_lr=0.1, step_size_up=4, mode="exp_range", gamma=0.97, cycle_momentum=False),
    ],
    "OneCycleLR": [
        dict(max_lr=0.3, total_steps=61),
        dict(max_lr=[0.3, 0.1], epochs=7, steps_per_epoch=9, anneal_strategy="linear", three_phase=True, pct_start=0.2),
    ],
    "ReduceLROnPlateau": [dict(patience=3, cooldown=2, factor=0.5), dict(mode="max", patience=4, threshold_mode="abs", min_lr=[0.01, 0.001])],
    "SWALR": [dict(swa_lr=0.05), dict(swa_lr=[0.05, 0.1], anneal_epochs=4, anneal_strategy="linear"), dict(swa_lr=0.01, anneal_epochs=0)],
}


def clean(value):
    if isinstance(value, dict):
        return {str(k): clean(v) for k, v in value.items() if not callable(v) and not k in ("_scale_fn_ref", "_scale_fn_custom", "verbose", "_get_lr_called_within_step")}
    return [clean(v) for v in value] if isinstance(value, (list, tuple)) else str(value) if value in (float("inf"), -float("inf")) else value


def trace(make, kind="SGD"):
    o = optimizer(kind)
    scheduler = make(o)
    rates, momenta, last = [], [], []
    for i in range(60):
        rates.append([g["lr"] for g in o.param_groups])
        momenta.append([g["momentum"] if kind == "SGD" else g["betas"][0] for g in o.param_groups])
        o.step()
        scheduler.step(metrics[i]) if isinstance(scheduler, s.ReduceLROnPlateau) else scheduler.step()
        last.append(scheduler._last_lr)
    return dict(rates=rates, momenta=momenta, last=last[-1], state=clean(scheduler.state_dict()), groups=clean(o.state_dict()["param_groups"]))


out = []
for name, settings in CASES.items():
    for kwargs in settings:
        cls = getattr(swa_utils if name == "SWALR" else s, name)
        for kind in ["SGD"] + (["Adam"] if name == "OneCycleLR" else []):
            out.append(dict(name=name, kwargs=kwargs, optimizer=kind, **trace(lambda o: cls(o, **kwargs), kind)))
out.append(dict(name="LambdaLR", kwargs={}, optimizer="SGD", **trace(lambda o: s.LambdaLR(o, [lambda e: 0.95**e, lambda e: 1 / (1 + e)]))))
out.append(dict(name="MultiplicativeLR", kwargs={}, optimizer="SGD", **trace(lambda o: s.MultiplicativeLR(o, lambda e: 0.9 + 0.01 * (e % 3)))))
out.append(dict(name="ChainedScheduler", kwargs={}, optimizer="SGD", **trace(lambda o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 20), s.ExponentialLR(o, 0.9)]))))
out.append(dict(name="SequentialLR", kwargs={}, optimizer="SGD", **trace(lambda o: s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=5), s.CosineAnnealingLR(o, 30), s.ConstantLR(o, 0.2)], [5, 40]))))

torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
swa = swa_utils.AveragedModel(model)
ema = swa_utils.AveragedModel(model, avg_fn=lambda a, p, n: 0.9 * a + 0.1 * p)
o = torch.optim.SGD(model.parameters(), lr=0.01)
batches = [torch.randn(4, 2) for _ in range(5)]
for batch in batches:
    o.zero_grad()
    model(batch).pow(3).sum().backward()
    o.step()
    swa.update_parameters(model)
    ema.update_parameters(model)
swa_utils.update_bn(batches, swa)
plain = lambda m: {k: v.flatten().tolist() for k, v in m.state_dict().items()}
ema = {k: v for k, v in plain(ema).items() if "running" not in k and "tracked" not in k}
path = pathlib.Path(__file__).with_suffix(".json")
rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in out)
path.write_text('{"cases":[\n' + rows + '\n],\n"averaged":' + json.dumps(dict(swa=plain(swa), ema=ema)) + "}\n")
print(len(out), "cases", path.stat().st_size // 1024, "kB")
