"""PyTorch's side of files.test.ts: `write DIR` saves files to be loaded here, `read FILE` checks what was saved here."""

import sys
from collections import OrderedDict

import torch


def value():
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 4
    return OrderedDict(
        base=base,
        column=base[:, 2],
        turned=base.t(),
        parameter=torch.nn.Parameter(base[1:3]),
        half=torch.tensor([1.5, -2.25], dtype=torch.float16),
        brain=torch.tensor([1.5, -2.25], dtype=torch.bfloat16),
        long=torch.tensor([2**53 + 1, -1]),
        flags=torch.tensor([True, False]),
        complex=torch.tensor([1 + 2j, 0.5 - 3j]),
        empty=torch.zeros(0, 3),
        scalar=torch.tensor(7.0, dtype=torch.float64),
        numbers=[0, 255, 256, 65536, -1, 2**40, -(2**70), True, None, 0.5, float("inf")],
        tuple=(1, ("a", ())),
        text="modèle \U0001f525",
        ints={3: "c", 1: "a"},
        bytes=bytes(range(256)),
        set={1, 2},
    )


def same(got, want):
    if isinstance(want, torch.Tensor):
        assert isinstance(got, torch.Tensor) and got.dtype == want.dtype and got.stride() == want.stride(), (got, want)
        assert isinstance(got, torch.nn.Parameter) == isinstance(want, torch.nn.Parameter)
        assert got.requires_grad == want.requires_grad and torch.equal(got, want), (got, want)
    elif isinstance(want, dict):
        assert list(got) == list(want), (list(got), list(want))
        for key in want:
            same(got[key], want[key])
    elif isinstance(want, (list, tuple)):
        assert type(got) is type(want) and len(got) == len(want), (got, want)
        for a, b in zip(got, want):
            same(a, b)
    else:
        assert type(got) is type(want) and got == want, (got, want)


if sys.argv[1] == "write":
    for name, options in {"zip": {}, "legacy": {"_use_new_zipfile_serialization": False}, "proto4": {"pickle_protocol": 4}}.items():
        torch.save(value(), f"{sys.argv[2]}/{name}.pt", **options)
elif sys.argv[1] == "read":
    got = torch.load(sys.argv[2])
    want = value()
    same(dict(got), {**want, "ints": {3: "c", 1: "a"}})
    pointers = {got[name].storage().data_ptr() for name in ("base", "column", "turned", "parameter")}
    assert len(pointers) == 1, "the storage is not shared"
elif sys.argv[1] == "train":
    # a checkpoint of flambeau's, continued here: prints the parameters after another step
    checkpoint = torch.load(sys.argv[2])
    model = torch.nn.Linear(3, 2)
    model.load_state_dict(checkpoint["model"])
    model.load_state_dict(torch.load(sys.argv[3], weights_only=True))
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0)
    optimizer.load_state_dict(checkpoint["optimizer"])
    assert optimizer.param_groups[0]["lr"] == 0.125 and len(optimizer.state) == 2
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    print([p.tolist() for p in model.parameters()])
