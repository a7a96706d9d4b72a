// The polynomial fit of examples/polynomial.ts, drawn as it learns.
const state = document.querySelector("#state");
const again = document.querySelector("#again");
const STEPS = 2000;
const STEPS_PER_FRAME = 20;

/** An SVG path through (x, f(x)); the y axis points up. */
const curve = (f) =>
  Array.from({ length: 129 }, (_, i) => -Math.PI + (i * Math.PI) / 64)
    .map((x, i) => `${i === 0 ? "M" : "L"}${x.toFixed(3)} ${(-f(x)).toFixed(3)}`)
    .join("");
const draw = (id, f) => document.querySelector(id).setAttribute("d", curve(f));

async function start() {
  draw("#sine", Math.sin);
  const torch = await import("/dist/browser.js");
  let run = 0;
  const fit = async (seed) => {
    const mine = ++run;
    torch.manualSeed(seed);
    const x = torch.linspace(-Math.PI, Math.PI, 2000);
    const y = torch.sin(x);
    const weights = Array.from({ length: 4 }, () => torch.randn([], { requiresGrad: true }));
    const [a, b, c, d] = weights;
    const step = () =>
      torch.scope(() => {
        const prediction = a
          .add(b.mul(x))
          .add(c.mul(x.pow(2)))
          .add(d.mul(x.pow(3)));
        const loss = prediction.sub(y).pow(2).sum();
        loss.backward();
        torch.noGrad(() => {
          for (const w of weights) {
            w.sub_(w.grad.mul(1e-6));
            w.grad = null;
          }
        });
        return loss.item();
      });
    for (let done = 0; done < STEPS && mine === run;) {
      let loss = 0;
      for (let i = 0; i < STEPS_PER_FRAME; i++, done++) loss = step();
      const [p, q, r, s] = weights.map((w) => w.item());
      draw("#fit", (v) => p + q * v + r * v * v + s * v ** 3);
      state.textContent = `step ${done}: loss ${loss.toFixed(4)} · ${torch.backends().description}`;
      await new Promise(requestAnimationFrame);
    }
  };
  let seed = 0;
  again.disabled = false;
  again.addEventListener("click", () => fit(++seed));
  await fit(seed);
}

start().catch((error) => {
  state.textContent = `The runtime could not start: ${error.message}`;
});
