"""Writes printing.json: tensors and how PyTorch prints them. Needs torch; run as `python3 test/unit/printing.py`."""
import json
import pathlib
import torch

torch.manual_seed(3)
cases = []


def plain(t):
    if t.is_complex():
        return [plain(t.real), plain(t.imag)]
    if t.dtype in (torch.float16, torch.bfloat16):
        t = t.float()
    values = t.flatten().tolist()
    return [v if v == v and abs(v) != float("inf") else str(v) for v in values] if t.is_floating_point() else values


def case(t, data=None, **options):
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**options)
    cases.append(dict(dtype=str(t.dtype)[6:], shape=list(t.shape), data=data or plain(t), requiresGrad=t.requires_grad, options=options, text=str(t)))


inf, nan = float("inf"), float("nan")
f = torch.tensor
for values in [
    [1.0, 2.0, 3.0], [1.5, 2.25], [1e-5, 1.0], [1e5, 1.0], [123456.0, 1.0], [1e8, 2.0], [2e8, 2.0], [1e10, 1e9], [0.0, -0.0],
    [0.0], [nan], [inf, -inf, nan], [nan, 1.0], [inf, 1.5], [-inf, -1.0], [0.03125, 0.09375, 0.15625], [1e-4, 0.1], [9.9e-5],
    [999.5, 0.5], [1000.5, 1.0], [1000.0, 1.0], [1001.0, 1.0], [0.1, 100.0], [0.1, 100.1], [-1.0, 2.0], [-1.5, 22.25], [3e38, 1e-38],
    [1e-45], [16777216.0], [100000000.0], [100000008.0], [0.00012345, 0.99995], [-0.00001, -0.00002], [2.5, 3.5, 4.5], [0.5], [],
]:
    case(f(values))
case(f(3.0)); case(f(3.5)); case(f(1e-9)); case(f(nan)); case(f(-0.0)); case(f(7)); case(f(True)); case(f(-3, dtype=torch.int8))
for dtype in [torch.float64, torch.float16, torch.bfloat16]:
    case(f([1.0, 2.5, -3.125], dtype=dtype)); case(f([1.0, 2.0], dtype=dtype)); case(f(65504.0, dtype=dtype))
for dtype in [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]:
    case(f([1, 20, 100], dtype=dtype)); case(torch.zeros(2, 3, dtype=dtype)); case(torch.zeros(0, dtype=dtype))
case(f([-1, 1000000, 5])); case(f([True, False, True])); case(f([[True, False], [False, False]])); case(f([2**53, -(2**53)]))
case(torch.zeros(0)); case(torch.zeros(0, 3)); case(torch.zeros(2, 0, 3)); case(torch.zeros(0, 3, dtype=torch.float64)); case(torch.zeros(0, dtype=torch.bool))
for shape in [(5,), (20,), (30,), (2, 3), (3, 30), (2, 2, 2), (2, 3, 4), (1, 1, 1, 1), (2, 2, 2, 2), (1, 2, 1, 3, 1), (40, 1), (7, 7)]:
    case(torch.randn(shape)); case(torch.randn(shape).mul(1000).round()); case(torch.randint(-50, 50, shape))
for shape in [(1001,), (1000,), (20, 60), (7, 150), (6, 200), (7, 7, 30), (3, 3, 200), (8, 8, 8, 8), (1, 2000), (2000, 1)]:
    n = torch.tensor(shape).prod().item()
    case(torch.arange(n).reshape(shape), dict(arange=n, divide=1))
    case(torch.arange(n).reshape(shape).float() / 8, dict(arange=n, divide=8))
case(torch.randn(3, 3, requires_grad=True)); case(torch.ones(2, requires_grad=True)); case(f(1.0, requires_grad=True))
case(torch.randn(20, requires_grad=True)); case(torch.randn(4, 5, dtype=torch.float64, requires_grad=True))
case(torch.randn(16), precision=2); case(torch.randn(16), precision=8); case(torch.randn(4), precision=0); case(torch.randn(12), linewidth=40)
case(torch.randn(3, 12), linewidth=120); case(torch.arange(10.0), threshold=5); case(torch.arange(10.0), threshold=5, edgeitems=2)
case(torch.randn(6), sci_mode=True); case(f([1e-6, 1e6]), sci_mode=False); case(f([1.0, 2.0]), sci_mode=True); case(f([1e-6, nan]), sci_mode=False)
case(torch.arange(1100.0), dict(arange=1100, divide=1), profile="full")
case(torch.arange(1600.0).reshape(40, 40) / 8, dict(arange=1600, divide=8), profile="short"); case(f([1e-12, 12345.678]), precision=1)
c = lambda values, dtype=torch.complex64: torch.tensor(values, dtype=dtype)
for values in [[1 + 2j, 3 - 4.5j], [1 + 2j, 3 - 4j], [complex(nan, 1), complex(inf, -inf)], [1e-8 + 1j, 1e5 + 2e-3j], [[1 + 1j, 2 - 2j], [0, 1e10j]],
               [0j, -0j], [complex(i, -i) / 7 for i in range(12)], [complex(i, -i) for i in range(1100)]]:
    case(c(values))
case(c(1 + 1j)); case(c([1.5 + 0.25j], torch.complex128)); case(c([1e-6 + 1j]), sci_mode=False); case(c([1 + 1j]), sci_mode=True)
case(c([1.123456789 + 2.987654321j]), precision=8); case(torch.zeros(2, 0, dtype=torch.complex64)); case(torch.zeros(3, dtype=torch.complex64, requires_grad=True))
for dtype in [torch.int8, torch.uint8, torch.int16, torch.int32]:
    limits = torch.iinfo(dtype); case(f([limits.min, limits.max], dtype=dtype)); case(f(limits.max, dtype=dtype))
torch.set_printoptions(profile="default")
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases", path.stat().st_size // 1024, "kB")
