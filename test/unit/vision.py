# Writes test/unit/vision.json with torchvision (Debian's python3-torchvision): python3 test/unit/vision.py
# Cases have the same names in vision.test.ts.
import json
import pathlib
import warnings

import torch
from torchvision import transforms as T
from torchvision.transforms import functional as F
from torchvision.transforms import InterpolationMode as M
from torchvision.utils import make_grid

warnings.simplefilter("ignore")
torch.manual_seed(7)
x = torch.randint(0, 256, (3, 11, 14), dtype=torch.uint8)
gray = x[:1]
f = x.to(torch.float32) / 255
batch = torch.stack([f, 1 - f])
BL, BC, NE = M.BILINEAR, M.BICUBIC, M.NEAREST

functional = {
    "crop outside": lambda: F.crop(x, -2, 9, 6, 8),
    "center crop": lambda: F.center_crop(x, [5, 20]),
    "five crop": lambda: F.five_crop(x, [4, 6]),
    "pad edge": lambda: F.pad(x, [1, 2, 3, 0], 0, "edge"),
    "pad reflect": lambda: F.pad(f, [3, 2], 0, "reflect"),
    "pad symmetric": lambda: F.pad(x, [2, 1, 3, 4], 0, "symmetric"),
    "pad constant": lambda: F.pad(f, 1, 0.5),
    "resize": lambda: F.resize(x, [7, 5], BL, antialias=True),
    "resize up": lambda: F.resize(f, 16, BL, antialias=True),
    "resize plain": lambda: F.resize(x, [7, 20], BL, antialias=False),
    "resize cubic": lambda: F.resize(x, [5, 9], BC, antialias=True),
    "resize cubic plain": lambda: F.resize(x, [20, 9], BC, antialias=False),
    "resize nearest": lambda: F.resize(x, 6, NE),
    "resize max": lambda: F.resize(f, 9, BL, max_size=10, antialias=True),
    "rotate": lambda: F.rotate(x, 30, NE),
    "rotate fill": lambda: F.rotate(f, -50, BL, fill=[0.2, 0.4, 0.6]),
    "rotate expand": lambda: F.rotate(x, 33, BL, expand=True, fill=[9.0]),
    "rotate center": lambda: F.rotate(batch, 15, BL, center=[2, 3]),
    "affine": lambda: F.affine(x, 20, [2, -1], 1.2, [10.0, 5.0], NE, fill=[7.0]),
    "affine bilinear": lambda: F.affine(f, -20, [1, 3], 0.8, [0.0, 15.0], BL),
    "grayscale": lambda: F.rgb_to_grayscale(x, 3),
    "brightness": lambda: F.adjust_brightness(x, 1.4),
    "contrast": lambda: F.adjust_contrast(x, 0.3),
    "contrast gray": lambda: F.adjust_contrast(gray, 1.7),
    "saturation": lambda: F.adjust_saturation(f, 2.0),
    # as torchvision 0.15 and later do it
    "hue": lambda: F.convert_image_dtype(F.adjust_hue(F.convert_image_dtype(x), 0.2), torch.uint8),
    "hue float": lambda: F.adjust_hue(f, -0.4),
    "gamma": lambda: F.adjust_gamma(x, 0.7, 1.1),
    "sharpness": lambda: F.adjust_sharpness(x, 2.5),
    "blur": lambda: F.gaussian_blur(x, [3, 5], [0.8, 1.5]),
    "blur default": lambda: F.gaussian_blur(f, 3),
    "invert": lambda: F.invert(x),
    "posterize": lambda: F.posterize(x, 3),
    "solarize": lambda: F.solarize(f, 0.5),
    "autocontrast": lambda: F.autocontrast(x // 2 + 30),
    "normalize": lambda: F.normalize(f, [0.4, 0.5, 0.6], [0.2, 0.3, 0.4]),
    "to uint8": lambda: F.convert_image_dtype(f, torch.uint8),
    "to int16": lambda: F.convert_image_dtype(x, torch.int16),
    "from int16": lambda: F.convert_image_dtype(F.convert_image_dtype(x, torch.int16) + 77, torch.uint8),
    "grid": lambda: make_grid(batch, nrow=2, padding=1, pad_value=0.3),
    "grid normalized": lambda: make_grid([gray * 1.0, gray * 2.0, gray * 3.0], nrow=2, normalize=True, scale_each=True),
    "grid range": lambda: make_grid(batch * 3 - 1, normalize=True, value_range=(-1, 1), padding=0),
}
random = {
    "RandomCrop": T.RandomCrop(5),
    "RandomCrop padded": T.RandomCrop([12, 9], padding=[2, 1], padding_mode="reflect"),
    "RandomCrop if needed": T.RandomCrop(16, pad_if_needed=True, fill=3),
    "RandomResizedCrop": T.RandomResizedCrop(6, antialias=True),
    "RandomResizedCrop wide": T.RandomResizedCrop([5, 8], scale=(0.5, 0.6), ratio=(4.0, 5.0), interpolation=NE),
    "RandomHorizontalFlip": T.RandomHorizontalFlip(),
    "RandomVerticalFlip": T.RandomVerticalFlip(0.3),
    "RandomRotation": T.RandomRotation(40),
    "RandomRotation expand": T.RandomRotation((10, 80), BL, expand=True, fill=20),
    "RandomAffine": T.RandomAffine(30, (0.2, 0.3), (0.7, 1.3), (5, 10, -10, 10), BL, fill=5),
    "RandomGrayscale": T.RandomGrayscale(0.5),
    "ColorJitter": T.ColorJitter(0.4, (0.5, 1.2), 0.3),
    "ColorJitter some": T.ColorJitter(contrast=0.9),
    "GaussianBlur": T.GaussianBlur((5, 3)),
    "RandomErasing": T.RandomErasing(0.9, value=(3, 4, 5)),
    "RandomApply": T.RandomApply([T.RandomHorizontalFlip(), T.Grayscale(3)], p=0.6),
    "FiveCrop": T.FiveCrop(4),
    "TenCrop": T.TenCrop((4, 5), vertical_flip=True),
    "Compose": T.Compose([T.Pad(2, padding_mode="edge"), T.CenterCrop(9), T.Resize(6, antialias=True)]),
}


def plain(value):
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    flat = value.flatten().tolist()
    return [list(value.shape), [round(v, 5) for v in flat] if value.is_floating_point() else flat]


def drawn(transform):
    torch.manual_seed(11)
    results = [plain(transform(x)) for _ in range(3)]
    return [results, round(torch.rand(1).item(), 5)]


floats = {
    "noise": T.RandomErasing(1.0, value="random"),
    "jitter": T.ColorJitter(0.4, (0.5, 1.2), 0.3, 0.1),
}


def seeded(transform):
    torch.manual_seed(11)
    return plain(transform(f))


expected = {
    "functional": {name: plain(case()) for name, case in functional.items()},
    "random": {name: drawn(transform) for name, transform in random.items()},
    "floats": {name: seeded(transform) for name, transform in floats.items()},
    "printed": {name: repr(transform) for name, transform in random.items()},
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
