// Linear algebra: an image from few singular values
await torch.linalg.load();

const [y, x] = torch.meshgrid(torch.linspace(-3, 3, 120), torch.linspace(-3, 3, 120), { indexing: "ij" });
const picture = x
  .mul(x)
  .add(y.mul(y))
  .mul(2)
  .sin()
  .add(x.mul(y).cos())
  .add(torch.randn([120, 120]).mul(0.1));
image(picture, { title: "120 × 120 pixels" });

const { U, S, Vh } = torch.linalg.svd(picture, false);
plot(S.log10(), { title: "singular values, as powers of ten" });
for (const rank of [2, 6, 16]) {
  const near = U.narrow(1, 0, rank)
    .mul(S.narrow(0, 0, rank))
    .matmul(Vh.narrow(0, 0, rank));
  const error = torch.linalg.norm(picture.sub(near)).div(torch.linalg.norm(picture));
  print(`rank ${rank}: ${(100 * error.item()).toFixed(1)} % is missing`);
  image(near, { title: `rank ${rank}` });
}

// least squares: a parabola through noisy points
const t = torch.linspace(-1, 1, 50);
const noisy = t
  .pow(2)
  .mul(3)
  .sub(t)
  .add(torch.randn([50]).mul(0.2));
const powers = torch.stack([torch.ones([50]), t, t.pow(2)], 1);
const { solution } = torch.linalg.lstsq(powers, noisy.unsqueeze(1));
print("coefficients", solution.flatten());
plot(t, { points: noisy, parabola: powers.matmul(solution).flatten() }, { title: "least squares" });
