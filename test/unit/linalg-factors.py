# Writes linalg-factors.json: python3 linalg-factors.py > linalg-factors.json
import json, torch
from torch import linalg as L
torch.set_default_dtype(torch.float64)

def t(v):
    if isinstance(v, torch.Tensor): return torch.view_as_real(v.resolve_conj()).tolist() if v.is_complex() else v.tolist()
    return [t(x) for x in v]

def grid(*shape): return (torch.arange(1.0, 1 + torch.Size(shape).numel()).reshape(shape) ** 2 * 1.7).sin()
def cgrid(*shape): return torch.complex(grid(*shape), (grid(*shape) * 3).cos())
a, wide, tall = grid(3, 3), grid(2, 2, 4), grid(4, 2)
z, zb = cgrid(3, 3), cgrid(3, 2)
b = grid(3, 2) + 1

def with_grad(f, *inputs):
    inputs = [i.clone().requires_grad_() for i in inputs]
    outs = f(*inputs)
    outs = [outs] if isinstance(outs, torch.Tensor) else list(outs)
    loss = 0
    for o in outs:
        if not o.requires_grad: continue
        w = torch.arange(1.0, 1 + o.numel()).reshape(o.shape).cos()
        loss = loss + ((o.real * w).sum() + (o.imag * w).sum() * 2 if o.is_complex() else (o * w).sum())
    return [t([o.detach() for o in outs]), t(torch.autograd.grad(loss, inputs))]

def sorted_eig(m):
    l, v = L.eig(m)
    return [l, v.abs(), v.mH @ v * 0 + (v @ torch.diag(l * l) @ torch.linalg.inv(v))]

def message(f):
    try: f()
    except Exception as e: return str(e)

lu, piv = L.lu_factor(a)
qa, tau = torch.geqrf(tall)
print(json.dumps({
    "lu": with_grad(lambda m: L.lu(m), a), "luWide": with_grad(lambda m: L.lu(m), wide), "luTall": with_grad(lambda m: L.lu(m), tall),
    "luFactor": with_grad(lambda m: L.lu_factor(m), a), "luUnpack": with_grad(lambda m: torch.lu_unpack(*L.lu_factor(m)), tall),
    "luSolve": with_grad(lambda m, r: torch.lu_solve(r, *L.lu_factor(m)), a, b),
    "solveTransposed": with_grad(lambda m, r: L.solve(m.mT, r), a, b), "solveRight": with_grad(lambda m, r: L.solve(m, r.mT, left=False), a, b),
    "eig": with_grad(sorted_eig, a), "eigvals": with_grad(lambda m: L.eigvals(m), a), "eigComplex": with_grad(sorted_eig, z),
    "solveComplex": with_grad(lambda m, r: L.solve(m, r), z, zb), "invComplex": with_grad(lambda m: L.inv(m), z),
    "detComplex": with_grad(lambda m: L.det(m), z), "slogdetComplex": with_grad(lambda m: L.slogdet(m), z),
    "householder": with_grad(lambda m, s: L.householder_product(m, s), qa, tau), "geqrf": [t([qa, tau])],
    "ormqr": [t([torch.ormqr(qa, tau, grid(4, 3)), torch.ormqr(qa, tau, grid(4, 3), True, True), torch.ormqr(qa, tau, grid(3, 4), False), torch.ormqr(qa, tau, grid(3, 4), False, True)])],
    "messages": [message(lambda: L.lu_factor(torch.zeros(2, 2))), message(lambda: L.lu_factor(a, pivot=False)),
                 message(lambda: L.householder_product(grid(2, 3), grid(2))), message(lambda: L.eig(grid(2, 3))),
                 message(lambda: torch.lu_unpack(lu, piv.long())), message(lambda: torch.lu_solve(grid(4, 2), lu, piv))],
}))
