# Writes test/unit/data.json: orders of PyTorch's samplers for given seeds. python3 test/unit/data.py
import json
import pathlib

import torch
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SequentialSampler, SubsetRandomSampler
from torch.utils.data import TensorDataset, WeightedRandomSampler, random_split

ten = range(10)


def generator(seed):
    return torch.Generator().manual_seed(seed)


def seeded(draw):
    torch.manual_seed(3)
    return [draw(), draw(), torch.rand(1).item()]


def twice(sampler):
    return [list(sampler), list(sampler)]


shared = generator(1)
loader = DataLoader(TensorDataset(torch.arange(10)), 4, shuffle=True, drop_last=True, generator=generator(9))
data = TensorDataset(torch.arange(10))
expected = {
    "random": seeded(lambda: list(RandomSampler(ten))),
    "more": seeded(lambda: list(RandomSampler(ten, num_samples=15))),
    "replacement": seeded(lambda: list(RandomSampler(ten, replacement=True, num_samples=40))),
    "shared": twice(RandomSampler(ten, generator=shared))
    + twice(RandomSampler(ten, replacement=True, num_samples=33, generator=shared)),
    "subset": seeded(lambda: list(SubsetRandomSampler([5, 7, 9, 11]))),
    "weighted": seeded(lambda: list(WeightedRandomSampler([0.1, 0.9, 0.4, 0.7, 3.0, 0.6], 8))),
    "weightedOnce": seeded(lambda: list(WeightedRandomSampler([0.9, 0.4, 0.05, 0.2, 0.3, 0.1], 5, replacement=False))),
    "weightedShared": twice(WeightedRandomSampler([1.0, 2.0], 6, generator=generator(2))),
    "split": seeded(lambda: [list(part.indices) for part in random_split(ten, [3, 7])]),
    "fractions": [list(part.indices) for part in random_split(range(11), [0.3, 0.3, 0.4], generator=generator(42))],
    "batches": [list(BatchSampler(SequentialSampler(ten), 3, drop)) for drop in (False, True)],
    "loader": seeded(lambda: [batch[0].tolist() for batch in DataLoader(data, batch_size=4, shuffle=True)]),
    "loaderShared": [[batch[0].tolist() for batch in loader] for _ in range(3)],
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(expected) + "\n")
