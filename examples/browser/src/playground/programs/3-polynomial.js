// A polynomial of third order for sin x, watched
const x = torch.linspace(-Math.PI, Math.PI, 2000);
const y = torch.sin(x);
const weights = Array.from({ length: 4 }, () => torch.randn([], { requiresGrad: true }));
const [a, b, c, d] = weights;
const rate = 1e-6;

for (let step = 0; step < 2000; step++) {
  torch.scope(() => {
    const prediction = a
      .add(b.mul(x))
      .add(c.mul(x.pow(2)))
      .add(d.mul(x.pow(3)));
    const loss = prediction.sub(y).pow(2).sum();
    if (step % 100 === 99) print(step, loss.item().toFixed(4));
    if (step % 20 === 0) plot(x, { "sin x": y, polynomial: prediction }, { title: "fit" });
    loss.backward();
    torch.noGrad(() => {
      for (const weight of weights) {
        weight.sub_(weight.grad.mul(rate));
        weight.grad = null;
      }
    });
  });
}
const [w0, w1, w2, w3] = weights.map((weight) => weight.item().toFixed(6));
print(`y = ${w0} + ${w1} x + ${w2} x² + ${w3} x³`);
