"""Values of PyTorch's less common modules, of packed sequences and of nn.utils: writes layers.json. Needs torch 1.13."""

import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import rnn

cases = {}


def plain(value):
    if isinstance(value, rnn.PackedSequence):
        return [plain(v) for v in value]
    if isinstance(value, torch.Tensor):
        return {"shape": list(value.shape), "data": [round(v, 6) for v in value.flatten().tolist()]}
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def case(name, value):
    cases[name] = plain(value)


def grads(module):
    return {name: p.grad for name, p in module.named_parameters()}


for kind in ["RNN", "LSTM", "GRU"]:
    for sort in [True, False]:
        for extra in [{}, {"bidirectional": True, "num_layers": 2, "batch_first": True}] + (
            [{"proj_size": 2, "bidirectional": True}] if kind == "LSTM" else []
        ):
            torch.manual_seed(4)
            module = getattr(nn, kind)(3, 4, **extra)
            first = extra.get("batch_first", False)
            x = torch.randn((3, 5, 3) if first else (5, 3, 3), requires_grad=True)
            lengths = [5, 3, 1] if sort else [2, 5, 3]
            packed = rnn.pack_padded_sequence(x, lengths, batch_first=first, enforce_sorted=sort)
            layers = extra.get("num_layers", 1) * (2 if "bidirectional" in extra else 1)
            h = torch.randn(layers, 3, extra.get("proj_size", 4))
            state = (h, torch.randn(layers, 3, 4)) if kind == "LSTM" else h
            out, final = module(packed, state)
            padded, sizes = rnn.pad_packed_sequence(out, batch_first=first, padding_value=-1.0, total_length=6)
            (out.data.square().sum() + (final[0] if kind == "LSTM" else final).sum()).backward()
            case(f"{kind} {json.dumps(extra)} {sort}", [packed.batch_sizes, padded, sizes, final, x.grad, grads(module)])

torch.manual_seed(5)
parts = [torch.randn(n, 2) for n in (2, 4, 1)]
case("padSequence", [rnn.pad_sequence(parts), rnn.pad_sequence(parts, True, 9.0), rnn.pack_sequence(parts, False)])
case("unpack", [rnn.unpack_sequence(rnn.pack_sequence(parts, False)), rnn.unpad_sequence(rnn.pad_sequence(parts), torch.tensor([2, 4, 1]))])
case("print", str(rnn.pack_sequence([torch.ones(2), torch.zeros(1)])))

torch.manual_seed(6)
for bias in [False, True]:
    module = nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7], div_value=2.0, head_bias=bias)
    x = torch.randn(6, 8, requires_grad=True)
    target = torch.tensor([0, 11, 4, 2, 7, 5])
    out, loss = module(x, target)
    loss.backward()
    case(f"adaptive {bias}", [out, loss, x.grad, grads(module), module.log_prob(x), module.predict(x), module(x[0], target[1]).output])

x = torch.randn(1, 2, 7, 6)[..., :5].clone()
y, i = F.max_pool2d(x, 3, 2, return_indices=True)
case("unpool2d", [x, nn.MaxUnpool2d(3, 2)(y, i), nn.MaxUnpool2d((3, 3), stride=2)(y, i, output_size=(7, 6))])
a, p, n = (torch.randn(4, 5) for _ in range(3))
case("triplet", [a, p, n, nn.TripletMarginWithDistanceLoss(distance_function=lambda u, v: (u - v).abs().sum(1), swap=True, margin=2.0)(a, p, n)])
x = torch.randn(1, 1, 2, 3)
case("upsampling", [x, nn.UpsamplingNearest2d(scale_factor=2)(x), nn.UpsamplingBilinear2d(size=(3, 5))(x)])
x, w, b = torch.randn(5, 2, 3), torch.randn(3, 3, 4), torch.randn(4)
case("convTbc", [x, w, b, F.conv_tbc(x, w, b, 1)])

for dim in [0, 1, None]:
    torch.manual_seed(7)
    m = nn.utils.weight_norm(nn.Conv1d(2, 3, 2), dim=dim)
    x = torch.randn(1, 2, 4)
    m(x).square().sum().backward()
    case(f"weightNorm {dim}", [x, m(x), grads(m), list(m.state_dict()), nn.utils.remove_weight_norm(m).weight, list(m.state_dict())])
for make, args in [("Linear", (4, 3)), ("Conv2d", (2, 3, 2)), ("ConvTranspose2d", (2, 3, 2))]:
    torch.manual_seed(8)
    m = nn.utils.spectral_norm(getattr(nn, make)(*args), n_power_iterations=2)
    x = torch.randn(2, 4) if make == "Linear" else torch.randn(1, 2, 3, 3)
    m(x).square().sum().backward()
    out = [x, m(x), m.eval()(x), grads(m), m.state_dict()]
    case(f"spectralNorm {make}", out + [nn.utils.remove_spectral_norm(m).weight])
    torch.manual_seed(9)
    m = nn.utils.parametrizations.spectral_norm(getattr(nn, make)(*args))
    m(x).square().sum().backward()
    case(f"parametrized {make}", [str(m), m(x), grads(m), m.state_dict(), nn.utils.parametrize.remove_parametrizations(m.eval(), "weight").weight])

torch.manual_seed(10)
c, bn = nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3)
bn(torch.randn(4, 3, 2, 2)), c.eval(), bn.eval()
fused = nn.utils.fusion.fuse_conv_bn_eval(c, bn)
case("fuse", [fused.weight.detach(), fused.bias.detach()])

torch.manual_seed(11)
init = {}
for name, args in [("uniform_", (-1.0, 2.0)), ("normal_", (1.0, 2.0)), ("trunc_normal_", ()), ("xavier_uniform_", (2.0,)), ("xavier_normal_", ()),
                   ("kaiming_uniform_", ()), ("kaiming_normal_", (0.0, "fan_out", "relu")), ("orthogonal_", ()), ("sparse_", (0.5,)), ("eye_", ()), ("constant_", (0.5,))]:
    init[name] = getattr(nn.init, name)(torch.empty(4, 5), *args)
init["dirac_"] = nn.init.dirac_(torch.empty(4, 2, 3, 3), 2)
case("init", init)
case("gains", [nn.init.calculate_gain(k, *a) for k, a in [("linear", ()), ("tanh", ()), ("relu", ()), ("leaky_relu", (0.2,)), ("leaky_relu", ()), ("selu", ()), ("conv_transpose2d", ())]])

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("{\n" + ",\n".join(f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in cases.items()) + "\n}\n")
print(len(cases), "cases", path.stat().st_size // 1024, "kB")
