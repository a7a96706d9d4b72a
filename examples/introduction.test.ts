// The figures of the PyTorch introductions, as the example programs give them.
import { test } from "#test";
import assert from "node:assert/strict";
import { close } from "./lib/check.ts";
import { fitPolynomial } from "./polynomial.ts";
import * as scalars from "./scalars.ts";
import * as views from "./views.ts";

test("f = (x + y)·z at (-3, 5, -2) has the gradients -2, -2, 2", async () => {
  assert.deepEqual(await scalars.computationGraph(), { f: -4, x: -2, y: -2, z: 2 });
});

test("10w² + 25 at 2 has the gradient 40", async () => {
  assert.deepEqual(await scalars.quadratic(), { z: 65, w: 40 });
});

test("3a³ - b² has the gradients 9a² and -2b", async () => {
  assert.deepEqual(await scalars.vector(), { a: [36, 81], b: [-12, -8] });
});

test("the gradients of a layer with binary cross entropy are (sigmoid(z) - y) / 3 in every row", async () => {
  const { z, loss, w, b } = await scalars.layer();
  const slope = (z as number[]).map((v) => 1 / (1 + Math.exp(-v)) / 3);
  close(b, slope, 1e-6);
  close(
    w,
    Array.from({ length: 5 }, () => slope),
    1e-6,
  );
  close(loss, (z as number[]).reduce((sum, v) => sum + Math.log1p(Math.exp(v)), 0) / 3, 1e-6);
});

test("noGrad and detach leave nothing recorded", () => {
  assert.deepEqual(scalars.withoutGradient(), { recorded: true, inside: false, detached: false });
});

test("a view shows a fill of its base, a reshaped transpose is a copy", async () => {
  assert.deepEqual(await views.sharing(), { view: [1, 1, 1, 1, 1, 1], copy: [0, 0, 0, 0, 0, 0] });
});

test("repeat tiles and repeatInterleave repeats elements; cat joins along a dim and stack along a new one", async () => {
  assert.deepEqual(await views.geometry(), {
    squeezed: [2, 3],
    permuted: [1, 2, 3],
    transposed: [
      [0, 3],
      [1, 4],
      [2, 5],
    ],
    repeated: [1, 2, 1, 2],
    interleaved: [1, 1, 2, 2],
    concatenated: [4, 3],
    stacked: [2, 2, 3],
  });
});

test("a shared typed array and its tensor see each other's writes", () => {
  assert.deepEqual(views.sharedBuffer(), { tensor: [0, 7, 0, 9], array: [0, 7, 0, 9] });
});

test("products broadcast, softmax rows sum to 1", async () => {
  const { matmul, mm, softmax, argmax } = await views.products();
  assert.deepEqual(matmul, [5, 2]);
  assert.deepEqual(mm, [
    [23, 32],
    [86, 122],
  ]);
  close(softmax, [1, 1], 1e-6);
  assert.deepEqual(argmax, [2, 0]);
});

test("one-hot labels, gather and advanced indexing agree", async () => {
  const { oneHot, scattered, gathered, nll } = await views.indexing();
  const rows = [
    [0, 0, 1],
    [1, 0, 0],
    [0, 1, 0],
  ];
  assert.deepEqual(oneHot, rows);
  assert.deepEqual(scattered, rows);
  close(gathered, [0.7, 0.8, 0.4], 1e-6);
  close(nll, -(Math.log(0.7) + Math.log(0.8) + Math.log(0.4)) / 3, 1e-6);
});

test("the cross entropy of [[3.2, 5.1, -1.7]] with class 0 is 2.0404", async () => {
  assert.equal((await views.crossEntropy()).toFixed(4), "2.0404");
});

test("the polynomial fit has PyTorch's losses and coefficients", async () => {
  const expected = {
    0: { losses: [3238.3005, 131.3757, 12.2867], coefficients: [0.058623, 0.837247, -0.010114, -0.090558] },
    1: { losses: [582.4644, 27.8107, 9.2948], coefficients: [0.019901, 0.845908, -0.003433, -0.091789] },
  };
  for (const [seed, { losses, coefficients }] of Object.entries(expected)) {
    const fit = await fitPolynomial(Number(seed));
    close(
      [99, 999, 1999].map((step) => fit.losses.get(step)!),
      losses,
      1e-4,
    );
    fit.coefficients.forEach((w, i) =>
      assert.ok(Math.abs(w - coefficients[i]!) < 5e-6, `${w} against ${coefficients[i]!}`),
    );
  }
});
