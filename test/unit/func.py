# Writes func.json: python3 func.py > func.json
import json, warnings
warnings.filterwarnings("ignore")
import torch, functorch
from functorch import vmap, grad, grad_and_value, vjp, jvp, jacrev, jacfwd, hessian, make_functional, combine_state_for_ensemble
from torch.nn import functional as F
torch.set_default_dtype(torch.float64)

def t(v):
    if isinstance(v, torch.Tensor): return v.tolist()
    if isinstance(v, dict): return {k: t(x) for k, x in v.items()}
    return [t(x) for x in v]

x = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
y = torch.tensor([[1.0, 2.0, 3.0], [-0.5, 0.75, 1.25]])
w = torch.tensor([[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]])
b = torch.tensor([0.05, -0.15])
labels = torch.tensor([1, 0])
f = lambda a: (a.sin() * a).sum()
model = lambda p, v: torch.tanh(F.linear(v, p["w"], p["b"]))
loss = lambda p, v, l: F.cross_entropy(model(p, v), l)
params = {"w": w, "b": b}
conv = torch.arange(1.0, 19.0).reshape(2, 1, 3, 3) / 10
image = (torch.arange(50.0).reshape(2, 1, 5, 5) * 0.37).sin()
cnn = lambda k, v: F.max_pool2d(F.relu(F.conv2d(v.unsqueeze(0), k)), 2).sum()
norm = lambda v, s: F.layer_norm(v, (3,), s)
out, pull = vjp(lambda a, c: (a * c, a.sum()), x[0], y[0])
g, value = grad_and_value(f)(x)
print(json.dumps({k: t(v) for k, v in {
    "grad": grad(f)(x), "gradgrad": grad(lambda a: grad(lambda c: c ** 4)(a))(torch.tensor(1.5)),
    "gradOfParameters": grad(loss)(params, x, labels), "argnums": grad(lambda a, c: (a * c * c).sum(), argnums=(1, 0))(x, y),
    "gradAndValue": [g, value], "captured": grad(lambda a: grad(lambda c: (a * c ** 2).sum())(x).sum())(y),
    "vjp": [out, pull((y[0], torch.tensor(2.0)))], "jvp": jvp(lambda a, c: (a * c).exp(), (x, y), (y, x)),
    "jacrev": jacrev(lambda a: a.cumsum(0).sin())(x[0]), "jacfwd": jacfwd(lambda a: a.cumsum(0).sin())(x[0]),
    "jacobians": jacrev(lambda a, c: [a * c, c.sum()], argnums=(0, 1))(x[0], y[0]),
    "hessian": hessian(f)(x[0]), "hessianOfTwo": hessian(lambda a, c: (a.exp() * c).sum(), argnums=(0, 1))(x[0], y[0]),
    "perSample": vmap(grad(loss), (None, 0, 0))(params, x, labels),
    "perSampleOfConv": vmap(grad(cnn), (None, 0))(conv, image), "perSampleOfImage": vmap(grad(cnn, argnums=1), (None, 0))(conv, image),
    "perSampleOfNorm": vmap(grad(lambda s, v: norm(v, s).pow(3).sum()), (None, 0))(y[0], x),
    "ensemble": vmap(cnn, (0, None))(torch.stack([conv, conv.flip(0) * 2]), image[0]),
    "gradOfVmap": grad(lambda a: vmap(torch.dot)(a, y).pow(2).sum())(x), "vmapOfHessian": vmap(hessian(f))(x),
    "vmapOfJacrev": vmap(jacrev(lambda a: a.outer(a).sum(0)))(x), "vmapOfJvp": vmap(lambda a, v: jvp(torch.sin, (a,), (v,))[1])(x, y),
    "vmapOfVjp": vmap(lambda v: vjp(torch.sin, x[0])[1](v)[0])(y),
    "nested": vmap(vmap(lambda a, c: a * c, (0, None)), (0, 1))(x, torch.tensor([[1.0, 2.0], [3.0, 4.0]])),
    "outer": vmap(lambda a: vmap(lambda c: (a * c).sum())(y))(x), "inDims": vmap(lambda a: a["p"] - a["q"][0], ({"p": 1, "q": [-1]},))({"p": x, "q": [y]}),
    "outDims": vmap(lambda a: (a * 2, a.sum()), out_dims=(1, 0))(x), "unmappedResult": vmap(lambda a: y.sum(0))(x),
    "chunks": vmap(lambda a, c: (a * c).sum())(x.t().contiguous(), y.t().contiguous()),
    "softmax": vmap(lambda a: F.softmax(a.t(), 0))(torch.stack([x, y])),
    "index": vmap(lambda a, i: a[i])(x, torch.tensor([[2, 0], [1, 1]])), "where": vmap(lambda a, c: torch.where(a > c, a, c.sum()))(x, y),
    "batchNorm": vmap(lambda a, c: F.batch_norm(c, a[0], a[1].abs(), training=True))(torch.stack([x[:, :2], y[:, :2]]).clone(), torch.stack([w.t(), w.t() * 3])),
}.items()}))
