// What is timed, the same for every system. A system gives
//   make(shape, seed, dtype, scale)  a tensor of harness.mjs's data on the device
//   op(tensors, f)                   { run, power, dispose } of one call of f
//   functions                        { matmul, conv2d, fused, exp, softmax, additions }, additions being 100 of them in a row
//   training(inputs)                 { run, dispose? } of a step of the MLP
//   dtypes, convolution              of matmul, and shapes of image and weight, where they are others
const GB = (bytes) => ({ unit: "GB/s", work: bytes / 1e9 });
const GFLOP = (flops) => ({ unit: "GFLOP/s", work: flops / 1e9 });
const IMAGES = [
  [16, 64, 56, 56],
  [64, 64, 3, 3],
];

/** The MLP: 784 to 512 to 512 to 10, batches of 64. */
export const MLP = { batch: 64, widths: [784, 512, 512, 10], lr: 1e-3 };
/** Shapes of its weights, inputs first, and biases. */
export const MLP_SHAPES = MLP.widths.slice(1).flatMap((width, i) => [[MLP.widths[i], width], [width]]);

export function casesOf(system, { sizes, elements, labels }) {
  const { make, op, functions, training, dtypes = ["float32", "float16"], convolution = IMAGES } = system;
  const cases = {};
  const add = (name, shapes, f, rest, dtype = "float32") =>
    (cases[name] = () => ({ ...op(shapes.map((shape, i) => make(shape, i + 1, dtype)), f), ...rest })); // prettier-ignore
  for (const n of sizes)
    for (const dtype of dtypes)
      add(
        `matmul ${n} ${dtype}`,
        Array.from({ length: 2 }, () => [n, n]),
        functions.matmul,
        GFLOP(2 * n ** 3),
        dtype,
      );
  add("conv2d 16×64×56×56, 64×3×3", convolution, functions.conv2d, GFLOP(2 * 16 * 64 * 64 * 9 * 56 * 56));
  add(
    "relu(x·y + z)",
    Array.from({ length: 3 }, () => [elements]),
    functions.fused,
    GB(16 * elements),
  );
  add("exp", [[elements]], functions.exp, GB(8 * elements));
  add("softmax rows", [[elements >> 10, 1024]], functions.softmax, GB(8 * elements));
  add(
    "100 additions of 64",
    Array.from({ length: 2 }, () => [64]),
    functions.additions,
    { unit: "ms" },
  );
  cases["MLP training step"] = () => {
    const x = make([MLP.batch, MLP.widths[0]], 7, "float32");
    return { unit: "ms", ...training({ x, labels: labels(MLP.batch, MLP.widths.at(-1), 9) }) };
  };
  return cases;
}
