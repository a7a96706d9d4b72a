"""One kernel a row: elementwise functions, reductions, norms, indexing, pooling, convolutions, attention."""
import numpy as np, torch, torch.nn.functional as F


def kernel_cases(data, labels):
    cases = {}
    t = lambda seed, *shape: data(int(np.prod(shape)), seed).view(*shape)
    ids = lambda seed, k, *shape: labels(int(np.prod(shape)), k, seed).view(*shape)

    def row(name, f, make):
        def case():
            xs = make()
            return lambda: f(*xs)
        cases[name] = case

    def both(name, f, make, wanted=1):
        def case():
            xs = make()
            leaves = [x.requires_grad_() for x in xs[:wanted]]
            def run():
                f(*xs).sum().backward()
                for x in leaves: x.grad = None
            return run
        cases[name] = case

    X = lambda: [t(1, 1000000)]
    M = lambda: [t(1, 1024, 1024)]
    row('ew_gelu', F.gelu, X); row('ew_log', torch.log, X); row('ew_sin', torch.sin, X); row('ew_pow', lambda x: x ** 1.7, X)
    row('sum_dim0', lambda x: x.sum(0), M); row('sum_dim1', lambda x: x.sum(1), M)
    row('sum_mid', lambda x: x.sum(1), lambda: [t(1, 64, 256, 64)])
    row('max_dim1', lambda x: x.max(1), M); row('var_dim1', lambda x: x.var(1), M)
    row('cumsum_dim0', lambda x: x.cumsum(0), M); row('cumsum_dim1', lambda x: x.cumsum(1), M)

    row('log_softmax', lambda x: F.log_softmax(x, -1), M); both('softmax_fb', lambda x: F.softmax(x, -1), M)
    both('cross_entropy_fb', F.cross_entropy, lambda: M() + [ids(2, 1024, 1024)])
    affine = lambda n: [t(2, n), t(3, n)]
    layer_norm = lambda x, w, b: F.layer_norm(x, [1024], w, b)
    row('layer_norm', layer_norm, lambda: M() + affine(1024)); both('layer_norm_fb', layer_norm, lambda: M() + affine(1024), 3)
    images = lambda: [t(1, 32, 64, 32, 32)] + affine(64)
    batch_norm = lambda x, w, b: F.batch_norm(x, None, None, w, b, True)
    row('batch_norm', batch_norm, images); both('batch_norm_fb', batch_norm, images, 3)

    row('index_select', lambda x, i: x.index_select(0, i), lambda: [t(1, 10000, 128), ids(2, 10000, 8192)])
    indexed = lambda: M() + [ids(2, 1024, 1024, 1024)]
    row('gather', lambda x, i: x.gather(1, i), indexed)
    row('scatter_add', lambda x, i, y: x.scatter_add(1, i, y), lambda: indexed() + [t(3, 1024, 1024)])
    row('sort', lambda x: x.sort(-1), M); row('topk', lambda x: x.topk(10, -1), M)
    planes = lambda: [t(1, 16, 64, 56, 56)]
    row('nhwc_copy', lambda x: x.permute(0, 2, 3, 1).contiguous(), planes)
    row('cat', lambda a, b: torch.cat([a, b], 1), lambda: M() + [t(2, 1024, 1024)])

    row('max_pool', lambda x: F.max_pool2d(x, 2), planes); row('max_pool3', lambda x: F.max_pool2d(x, 3, 2, 1), planes)
    row('avg_pool', lambda x: F.avg_pool2d(x, 2), planes)
    both('max_pool_fb', lambda x: F.max_pool2d(x, 2), planes); both('avg_pool_fb', lambda x: F.avg_pool2d(x, 2), planes)

    def convolution(name, f, *shape):
        make = lambda: planes() + [t(2, *shape)]
        row(name, f, make); both(name + '_fb', f, make, 2)
    convolution('conv1x1', lambda x, w: F.conv2d(x, w), 64, 64, 1, 1)
    convolution('conv_dw', lambda x, w: F.conv2d(x, w, padding=1, groups=64), 64, 1, 3, 3)
    convolution('conv_s2', lambda x, w: F.conv2d(x, w, stride=2, padding=1), 64, 64, 3, 3)
    heads = lambda: [t(seed, 4, 8, 256, 64) for seed in (1, 2, 3)]
    attention = lambda q, k, v: F.softmax(q @ k.transpose(-1, -2) * 0.125, -1) @ v
    row('attention', attention, heads); both('attention_fb', attention, heads, 3)
    return cases
