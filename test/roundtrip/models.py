"""PyTorch's side of the round trips: `begin DIR` makes the data and begins the trainings, `continue DIR` carries on ours."""

import json
import sys

import torch
from torch import nn

BEFORE, STEPS, BATCHES = 10, 50, 5


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.lstm = nn.LSTM(8, 16, num_layers=2, batch_first=True)
        self.output = nn.Linear(16, 11)

    def forward(self, x):
        return self.output(self.lstm(self.embedding(x))[0]).flatten(0, 1)


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 16)
        self.position = nn.Parameter(torch.randn(9, 16) * 0.1)
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.output = nn.Linear(16, 11)
        self.register_buffer("mask", torch.full((9, 9), float("-inf")).triu(1))

    def forward(self, x):
        return self.output(self.encoder(self.embedding(x) + self.position, self.mask)).flatten(0, 1)


MODELS = {
    "mlp": lambda: nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 16), nn.Tanh(), nn.Linear(16, 11)),
    "cnn": lambda: nn.Sequential(
        nn.Conv2d(1, 6, 3),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, stride=2, padding=1),
        nn.GELU(),
        nn.Flatten(),
        nn.Linear(8 * 3 * 3, 11),
    ),
    "lstm": Lstm,
    "transformer": Transformer,
}
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.03, momentum=0.9, weight_decay=1e-3),
    "adam": lambda p: torch.optim.Adam(p, lr=3e-3),
    "adamw": lambda p: torch.optim.AdamW(p, lr=3e-3, weight_decay=0.05, amsgrad=True),
}


def data():
    words = [torch.randint(0, 11, (4, 10)) for _ in range(BATCHES)]
    sequences = [(w[:, :-1].contiguous(), w[:, 1:].flatten()) for w in words]
    return {
        "mlp": [(torch.randn(16, 20), torch.randint(0, 11, (16,))) for _ in range(BATCHES)],
        "cnn": [(torch.randn(8, 1, 12, 12), torch.randint(0, 11, (8,))) for _ in range(BATCHES)],
        "lstm": sequences,
        "transformer": sequences,
    }


def train(model, optimizer, batches, first, count):
    losses = []
    for step in range(first, first + count):
        x, y = batches[step % BATCHES]
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def begin(folder):
    torch.manual_seed(0)
    batches = data()
    torch.save(batches, f"{folder}/data.pt")
    losses = {}
    for kind, make in MODELS.items():
        for name, over in OPTIMIZERS.items():
            model = make()
            optimizer = over(model.parameters())
            train(model, optimizer, batches[kind], 0, BEFORE)
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, f"{folder}/{kind}-{name}.pt")
            losses[f"{kind}-{name}"] = train(model, optimizer, batches[kind], BEFORE, STEPS)
    print(json.dumps(losses))


def go_on(folder):
    batches = torch.load(f"{folder}/data.pt")
    losses = {}
    for kind, make in MODELS.items():
        for name, over in OPTIMIZERS.items():
            checkpoint = torch.load(f"{folder}/ours-{kind}-{name}.pt")
            model = make()
            model.load_state_dict(checkpoint["model"])
            optimizer = over(model.parameters())
            for group in optimizer.param_groups:
                # it is the checkpoint that says what the rate is
                group["lr"] = 1e9
            optimizer.load_state_dict(checkpoint["optimizer"])
            losses[f"{kind}-{name}"] = train(model, optimizer, batches[kind], BEFORE, STEPS)
    print(json.dumps(losses))


torch.set_num_threads(1)
{"begin": begin, "continue": go_on}[sys.argv[1]](sys.argv[2])
