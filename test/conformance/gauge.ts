import { compareElements, compareTensor, expectedElements, type Tolerance } from "./compare.ts";
import type { Runtime } from "./runtime.ts";
import { flattenRecords, type Elements } from "./value.ts";

/** A stack of matrices read into doubles. */
interface Matrices {
  rows: number;
  columns: number;
  count: number;
  at(batch: number, row: number, column: number): number;
}

function matrices(elements: Elements, shape: readonly number[], transposed = false): Matrices {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const size = rows * columns;
  const at = (b: number, i: number, j: number) => Number(elements[b * size + i * columns + j]);
  const count = size === 0 ? 0 : elements.length / size;
  if (transposed) return { rows: columns, columns: rows, count, at: (b, i, j) => at(b, j, i) };
  return { rows, columns, count, at };
}

/** sum_k left[i,k] · scale[k] · right[k,j] over the first `inner` k, as one flat list. */
function product(
  left: Matrices,
  right: Matrices,
  inner: number,
  scale?: (batch: number, k: number) => number,
): Float64Array {
  const result = new Float64Array(left.count * left.rows * right.columns);
  let o = 0;
  for (let b = 0; b < left.count; b++)
    for (let i = 0; i < left.rows; i++)
      for (let j = 0; j < right.columns; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += left.at(b, i, k) * (scale ? scale(b, k) : 1) * right.at(b, k, j);
        result[o++] = sum;
      }
  return result;
}

function identity(count: number, size: number): Float64Array {
  const result = new Float64Array(count * size * size);
  for (let b = 0; b < count; b++) for (let i = 0; i < size; i++) result[(b * size + i) * size + i] = 1;
  return result;
}

const turned = (m: Matrices): Matrices => ({
  rows: m.columns,
  columns: m.rows,
  count: m.count,
  at: (b, i, j) => m.at(b, j, i),
});

/**
 * Singular vectors and eigenvectors are unique only up to sign: values are compared as they are, vectors by what they must do,
 * reconstruct the same matrix and be orthonormal.
 */
export async function gaugeDifference(
  runtime: Runtime,
  file: any,
  testCase: any,
  result: any,
  tolerance: Tolerance,
): Promise<string | null> {
  const got = runtime.flatten(result);
  const want = flattenRecords(testCase.out);
  if (got.length !== want.length) return `got ${got.length} tensors, want ${want.length}`;
  const valuesAt = file.gauge === "eigh" ? 0 : 1;
  for (let i = 0; i < want.length; i++) {
    const difference = await compareTensor(runtime, got[i], want[i]!, tolerance, i === valuesAt);
    if (difference) return `/${i}: ${difference}`;
  }
  const loose = { rtol: tolerance.rtol * 10, atol: tolerance.atol * 10 };
  const gotElements = await Promise.all(got.map((tensor) => runtime.read(tensor)));
  const wantElements = want.map(expectedElements);
  const shapes = want.map((record) => record.shape);
  const k = shapes[valuesAt]!.at(-1)!;
  const factors = (elements: Elements[]) => {
    const scale = (b: number, i: number) => Number(elements[valuesAt]![b * k + i]);
    if (file.gauge === "eigh") {
      const v = matrices(elements[1]!, shapes[1]!);
      return { left: v, right: turned(v), scale };
    }
    return {
      left: matrices(elements[0]!, shapes[0]!),
      right: matrices(elements[2]!, shapes[2]!, file.op === "svd"),
      scale,
    };
  };
  const ours = factors(gotElements);
  const theirs = factors(wantElements);
  // torch.svd without vectors gives zeros in their place.
  if (wantElements[0]!.length > 0 && want.length === 3 && wantElements[0]!.every((x) => Number(x) === 0)) return null;
  const rebuilt = product(ours.left, ours.right, k, ours.scale);
  const target = product(theirs.left, theirs.right, k, theirs.scale);
  const shape = [ours.left.count, ours.left.rows, ours.right.columns];
  const wrong = compareElements(rebuilt, target, "float64", shape, loose);
  if (wrong) return `reconstruction: ${wrong}`;
  for (const [name, m] of [
    ["left", ours.left],
    ["right", turned(ours.right)],
  ] as const) {
    const gram = product(turned(m), m, m.rows);
    const difference = compareElements(
      gram,
      identity(m.count, m.columns),
      "float64",
      [m.count, m.columns, m.columns],
      loose,
    );
    if (difference) return `${name} vectors are not orthonormal: ${difference}`;
  }
  return null;
}
