"""PyTorch's side of files.test.ts: `write DIR` saves files to be loaded here, `read FILE` checks what was saved here."""

import gzip
import pickle
import sys
from collections import OrderedDict

import numpy as np
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


DTYPES = "uint8 int8 int16 int32 int64 float16 float32 float64 complex64 complex128 bool bfloat16".split()


def state():
    """What a training leaves, and nothing that weights_only=True refuses."""
    shared = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3))
    return OrderedDict(
        dtypes={name: torch.tensor([[1, 0], [1, 1]]).to(getattr(torch, name)) for name in DTYPES},
        tied=[shared, shared],
        views=OrderedDict(row=shared.detach()[1], step=shared.detach().flatten()[::2]),
        optimizer={
            "state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.ones(2, 3)}, 2: {"momentum_buffer": None}},
            "param_groups": [{"lr": 1, "nesterov": False, "maximize": None, "params": [0, 1, 2]}],
        },
        epoch=12,
        floats=[[0.5, -0.0, 1e300], [], (0.9, 0.999), float("inf")],
        note="",
        numbers=[255, 65535, 2**31, -(2**40)],
    )


def kinds():
    """What other programs put into checkpoints."""
    parameter = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([parameter], lr=0.5, momentum=0.9)
    parameter.sum().backward()
    optimizer.step()
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 5])
    return {
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "size": torch.ones(2, 3).shape,
        "device": torch.device("cpu"),
        "dtype": torch.float16,
        "scalar": np.float32(0.5),
        "array": np.arange(6, dtype=">i2").reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(4.0).reshape(2, 2)),
        "bytearray": bytearray(b"ab"),
        "frozen": frozenset([1]),
        "keys": {(1, "a"): 1, None: 2, 2.5: 3},
        "long": 10**40,
        "model": torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.BatchNorm1d(1)).state_dict(),
    }


if sys.argv[1] == "write":
    torch.save(kinds(), f"{sys.argv[2]}/kinds.pt")
    torch.save(torch.nn.Linear(1, 1), f"{sys.argv[2]}/module.pt")
    torch.save(state(), f"{sys.argv[2]}/state.pt")
    torch.save(state(), f"{sys.argv[2]}/state-legacy.pt", _use_new_zipfile_serialization=False)
    for bare, name in [(torch.arange(3), "tensor"), (5, "number"), (None, "none"), ([], "list")]:
        torch.save(bare, f"{sys.argv[2]}/bare-{name}.pt")
    images = np.arange(12, dtype=np.float32).reshape(3, 4)
    data = ((images, np.array([1, 0, 2])), (images[:1], np.array([5])), {"name": "mnist"})
    for protocol in range(6):
        with gzip.open(f"{sys.argv[2]}/mnist{protocol}.pkl.gz", "wb") as file:
            pickle.dump(data, file, protocol)
    for name, options in {"zip": {}, "legacy": {"_use_new_zipfile_serialization": False}, "proto4": {"pickle_protocol": 4}}.items():
        torch.save(value(), f"{sys.argv[2]}/{name}.pt", **options)
elif sys.argv[1] == "read":
    got = torch.load(sys.argv[2])
    want = value()
    same(dict(got), {**want, "ints": {3: "c", 1: "a"}})
    pointers = {got[name].storage().data_ptr() for name in ("base", "column", "turned", "parameter")}
    assert len(pointers) == 1, "the storage is not shared"
elif sys.argv[1] == "weights":
    # what flambeau saved of state(), by the unpickler that runs no code; that of PyTorch 1.13 knows no floats
    folder = sys.argv[2]
    for name in sys.argv[3:]:
        want = dict(state())
        same(torch.load(f"{folder}/ours-{name}"), want)
        if torch.__version__.startswith("1."):
            del want["floats"]
        got = torch.load(f"{folder}/{'ours' if 'floats' in want else 'whole'}-{name}", weights_only=True)
        same(got, want)
        assert got["tied"][0] is got["tied"][1]
        assert got["views"]["row"].storage().data_ptr() == got["tied"][0].storage().data_ptr()
        same(torch.load(f"{folder}/bare-{name}", weights_only=True), torch.arange(3))
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
