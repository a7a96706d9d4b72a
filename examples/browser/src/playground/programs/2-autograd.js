// Gradients
const x = torch.tensor(-3, { dtype: torch.float32, requiresGrad: true });
const y = torch.tensor(5, { dtype: torch.float32, requiresGrad: true });
const z = torch.tensor(-2, { dtype: torch.float32, requiresGrad: true });

// f = (x + y) z
const f = x.add(y).mul(z);
f.backward();
print("f =", f.item());
print("df/dx, df/dy, df/dz =", x.grad.item(), y.grad.item(), z.grad.item());

// any function of tensors has its derivatives: those of sin(x) exp(-x²/8)
const points = torch.linspace(-6, 6, 400, { requiresGrad: true });
const wave = points.sin().mul(points.pow(2).div(-8).exp());
const [first] = torch.autograd.grad(wave.sum(), [points], { createGraph: true });
const [second] = torch.autograd.grad(first.sum(), [points]);
plot(points, { f: wave, "f′": first, "f″": second }, { title: "a function and its derivatives" });
