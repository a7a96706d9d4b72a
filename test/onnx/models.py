"""PyTorch's side of onnx.test.ts: `models.py FILE [NAME...]` exports models, and writes them with
inputs and what PyTorch makes of them. fixtures.json came from
`models.py fixtures.json mlp.17 norms.17 cnn.9 lstm.9 gru-packed.13 classifier.13 attention.17 loop.17`."""

import base64
import io
import json
import math
import sys
import warnings

import torch
import torch.nn as nn
import torch.nn.functional as F

warnings.filterwarnings("ignore")
torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, 1, 1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
        self.layers = nn.Sequential(Block(4, 8, 2), Block(8, 8, 1))
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(self.layers(self.stem(x)), 1), 1))


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.rnn = getattr(nn, kind)(5, 6, **options)
        self.head = nn.Linear(6 * (2 if options.get("bidirectional") else 1), 3)

    def forward(self, x):
        y, state = self.rnn(x)
        return self.head(y), state[0] if isinstance(state, tuple) else state


class Packed(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.rnn = getattr(nn, kind)(5, 4, bidirectional=True)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths)
        y, _ = self.rnn(packed)
        return nn.utils.rnn.pad_packed_sequence(y)[0]


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2)

    def forward(self, q, k, v):
        return self.attention(q, k, v)


class GPTBlock(nn.Module):
    def __init__(self, width, heads, length):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.heads = heads
        self.register_buffer("mask", torch.tril(torch.ones(length, length, dtype=torch.bool)).view(1, 1, length, length))

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(self.ln1(x)).split(c, dim=2)
        q, k, v = (z.view(b, t, self.heads, c // self.heads).transpose(1, 2) for z in (q, k, v))
        scores = (q @ k.transpose(-2, -1)) / math.sqrt(k.size(-1))
        scores = scores.masked_fill(~self.mask[:, :, :t, :t], float("-inf"))
        y = (F.softmax(scores, dim=-1) @ v).transpose(1, 2).contiguous().view(b, t, c)
        x = x + self.proj(y)
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    def __init__(self, vocabulary=11, width=8, heads=2, length=16):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
        self.blocks = nn.Sequential(*(GPTBlock(width, heads, length) for _ in range(2)))
        self.ln = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, ids):
        at = torch.arange(ids.shape[1], device=ids.device)
        return self.head(self.ln(self.blocks(self.tokens(ids) + self.positions(at))))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(1, 4, 3, 1, 1)
        self.middle = nn.Conv2d(4, 4, 3, 1, 1)
        self.up = nn.ConvTranspose2d(4, 4, 2, 2)
        self.last = nn.Conv2d(12, 1, 3, 1, 1)

    def forward(self, x):
        a = F.relu(self.down(x))
        b = F.relu(self.middle(F.max_pool2d(a, 2)))
        nearest = F.interpolate(b, scale_factor=2, mode="nearest")
        smooth = F.interpolate(self.up(b), size=(x.shape[2], x.shape[3]), mode="bilinear", align_corners=False)
        return torch.tanh(self.last(torch.cat([a, nearest, smooth], 1)))


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 6, padding_idx=0)
        self.fc = nn.Linear(6, 4)

    def forward(self, ids):
        mask = (ids != 0).unsqueeze(-1).float()
        mean = (self.embedding(ids) * mask).sum(1) / mask.sum(1).clamp(min=1.0)
        return F.log_softmax(self.fc(mean), dim=-1)


class Call(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *args):
        return self.function(*args)


class Looping(torch.jit.ScriptModule):
    @torch.jit.script_method
    def forward(self, x, n):
        for i in range(int(n)):
            x = x * 2 + float(i)
        if bool(x.sum() > 10):
            x = x - 1
        else:
            x = x + 1
        return x


def shapes(x):
    y = x.permute(2, 0, 1)[:, 1:, ::2].reshape(x.size(2), -1)
    a, b = torch.split(y, [1, y.size(0) - 1])
    z = torch.cat([b, a.expand(2, -1)], 0).unsqueeze(0).repeat(2, 1, 1)
    z = F.pad(z, (1, 2), value=0.5)
    flipped = torch.flip(z, [2])
    return torch.where(z > flipped, z, flipped), z[:, -1], torch.stack(list(torch.unbind(z, 1)), 0)


def arithmetic(x, y):
    i = (x * 10).to(torch.int64)
    j = (y * 4).to(torch.int64).abs() + 1
    whole = i % j, torch.div(i, j, rounding_mode="trunc")
    logic = (x > y) & ~(x <= 0.1) | (i == j)
    numbers = torch.erf(x) + y.abs().pow(1.5) - torch.sqrt(x.abs()) + x.clamp(-0.5, 0.7) + torch.exp(-x) + x.sin() * y.cos()
    extremes = torch.maximum(x, y) - torch.minimum(x, y) + torch.floor(x) + torch.round(y * 3) + x.sign()
    return (*whole, logic, numbers, extremes, F.gelu(x), F.softplus(y), F.hardswish(x), F.leaky_relu(y), F.elu(x), F.silu(y))


def reductions(x):
    value, index = x.max(1)
    top, at = x.topk(2, -1)
    return (
        x.sum(0), x.mean((1, 2), keepdim=True), x.std(-1), value, index, top, at, x.argmin(-1), x.cumsum(1), x.norm(dim=1),
        x.logsumexp(-1), x.prod(0), x.amin(1), x.var(1, unbiased=False), F.normalize(x, dim=1), x.softmax(0),
    )


def indexing(x, index):
    y = x.clone()
    y[:, 1] = 7.0
    z = x.scatter(1, index, torch.ones_like(x)).scatter_add(1, index, x[:2])
    return y, z, x.gather(1, index), x.index_select(0, index[0]), x[index[0], index[1]], x.masked_fill(x > 0, 0.25), x.triu(1), x.tril()


def pools(x):
    return (
        F.max_pool2d(x, 3, 2, 1), F.avg_pool2d(x, 3, 2, 1), F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False),
        F.max_pool2d(x, (2, 3), dilation=(1, 2)), F.adaptive_avg_pool2d(x, 2), F.adaptive_max_pool2d(x, 1),
        F.interpolate(x, size=(9, 5), mode="bilinear", align_corners=True), F.interpolate(x, scale_factor=1.5),
        F.interpolate(x, size=(11, 13), mode="bicubic", align_corners=False), F.pixel_shuffle(x, 2), F.pad(x, (1, 1, 2, 0), mode="reflect"),
        F.pad(x, (1, 2, 2, 0), mode="replicate"), F.instance_norm(x), F.group_norm(x, 2), F.local_response_norm(x, 3),
    )


def models():
    images = torch.randn(2, 3, 12, 12)
    steps = torch.randn(4, 2, 5)
    ids = torch.randint(1, 11, (2, 7))
    yield "mlp", nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3), nn.Softmax(-1)), (torch.randn(3, 4),), {0: "batch"}, (9, 11, 13, 17)
    yield "norms", nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 3), nn.PReLU(), nn.LayerNorm(3)), (torch.randn(3, 4),), {0: "batch"}, (9, 17)
    yield "cnn", nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, stride=2, groups=2), nn.Hardsigmoid(), nn.AvgPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(6, 3)), (images,), {0: "batch"}, (9, 13, 17)
    yield "resnet", ResNet(), (images,), {0: "batch", 2: "height", 3: "width"}, (11, 17)
    for kind in ("RNN", "LSTM", "GRU"):
        yield kind.lower(), Recurrent(kind), (steps,), {0: "time", 1: "batch"}, (9, 14)
    yield "lstm-deep", Recurrent("LSTM", num_layers=2, bidirectional=True, batch_first=True), (steps,), {0: "batch"}, (11, 17)
    yield "gru-both", Recurrent("GRU", bidirectional=True), (steps,), {1: "batch"}, (9, 17)
    yield "rnn-relu", Recurrent("RNN", nonlinearity="relu", bidirectional=True), (steps,), {}, (13,)
    yield "lstm-packed", Packed("LSTM"), (steps, torch.tensor([4, 2])), {}, (11, 17)
    yield "gru-packed", Packed("GRU"), (steps, torch.tensor([4, 3])), {}, (13,)
    yield "encoder", nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2, enable_nested_tensor=False), (torch.randn(5, 2, 8),), {1: "batch"}, (11, 13, 17)
    yield "attention", Attention(), (torch.randn(3, 2, 8), torch.randn(4, 2, 8), torch.randn(4, 2, 8)), {}, (12, 17)
    yield "gpt", GPT(), (ids,), {0: "batch", 1: "time"}, (11, 14, 17)
    yield "unet", UNet(), (torch.randn(1, 1, 8, 8),), {0: "batch"}, (11, 13, 17)
    yield "classifier", Classifier(), (torch.tensor([[3, 5, 0, 0], [7, 1, 2, 9]]),), {0: "batch", 1: "time"}, (9, 13, 17)
    yield "shapes", Call(shapes), (torch.randn(4, 5, 3),), {}, (11, 13, 17)
    yield "arithmetic", Call(arithmetic), (torch.randn(3, 4), torch.randn(4)), {}, (14, 17)
    yield "reductions", Call(reductions), (torch.randn(3, 4, 5),), {}, (11, 13, 17)
    yield "indexing", Call(indexing), (torch.randn(4, 4), torch.tensor([[0, 2, 1, 3], [3, 1, 0, 2]])), {}, (16, 17)
    yield "pools", Call(pools), (torch.randn(1, 4, 8, 8),), {}, (11, 13, 17)
    yield "einsum", Call(lambda a, b: torch.einsum("bij,bkj->bik", a, b)), (torch.randn(2, 3, 4), torch.randn(2, 5, 4)), {}, (12, 17)
    yield "loop", Looping(), (torch.randn(3), torch.tensor(3)), {}, (11, 17)


def coded(x):
    return {"dtype": str(x.dtype)[6:], "shape": list(x.shape), "data": base64.b64encode(x.detach().contiguous().numpy().tobytes()).decode()}


wanted = sys.argv[2:]
found = {}
for name, model, args, axes, opsets in models():
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            for state in (module.weight.data, module.bias.data, module.running_mean):
                state.normal_()
            module.running_var.uniform_(0.5, 2)
    names = ["input", "second", "third"][: len(args)]
    with torch.no_grad():
        results = model(*args)
    results = [results] if isinstance(results, torch.Tensor) else list(results)
    for opset in opsets:
        if wanted and f"{name}.{opset}" not in wanted:
            continue
        file = io.BytesIO()
        torch.onnx.export(model, args, file, opset_version=opset, input_names=names, dynamic_axes={"input": axes} if axes else None)
        content = base64.b64encode(file.getvalue()).decode()
        found[f"{name}.{opset}"] = {"model": content, "inputs": [coded(x) for x in args], "outputs": [coded(x) for x in results]}
with open(sys.argv[1], "w") as out:
    json.dump(found, out, indent=1)
