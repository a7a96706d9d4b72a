"""Writes gen/pytorch-names.json, the public names of PyTorch: python3 test/conformance/pytorch_names.py"""

import inspect
import json
import pathlib
import typing

import torch
import torch.nn.functional as F
import torch.utils.data


def names(owner, pick):
    return sorted(name for name in dir(owner) if not name.startswith("_") and pick(getattr(owner, name)))


def function(value):
    return callable(value) and not inspect.isclass(value) and not inspect.ismodule(value)


def of(*modules):
    """Functions and classes that are defined in one of the modules, not imported into it."""
    return lambda value: callable(value) and getattr(value, "__module__", None) in modules


def under(package, kind=callable):
    return lambda value: kind(value) and str(getattr(value, "__module__", "")).startswith(package)


TYPING = set(dir(typing))
found = {
    "torch": names(torch, function),
    "Tensor": names(torch.Tensor, lambda value: True),
    "nn.functional": names(F, function),
    "nn": names(torch.nn, inspect.isclass),
    "nn.init": [name for name in names(torch.nn.init, function) if name.endswith("_") or name == "calculate_gain"],
    "nn.utils": names(torch.nn.utils, under("torch.nn.utils", function)),
    "linalg": names(torch.linalg, function),
    "fft": names(torch.fft, function),
    "special": names(torch.special, function),
    "optim": names(torch.optim, inspect.isclass),
    "optim.lr_scheduler": names(torch.optim.lr_scheduler, of("torch.optim.lr_scheduler")),
    "utils.data": names(torch.utils.data, under("torch.utils.data", inspect.isclass)),
    "autograd": names(torch.autograd, under("torch.autograd")),
    "autograd.functional": ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"],
}
found = {space: [name for name in listed if name not in TYPING] for space, listed in found.items()}
lines = [f"  {json.dumps(space)}: {json.dumps(' '.join(listed))}" for space, listed in found.items()]
pathlib.Path(__file__).with_name("gen").joinpath("pytorch-names.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
