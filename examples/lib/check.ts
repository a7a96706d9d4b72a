// Assertions of the examples' tests.
import assert from "node:assert/strict";

/** |got - want| ≤ tolerance · max(1, |want|), for numbers and equally long lists of them. */
export function close(got: unknown, want: unknown, tolerance = 1e-4): void {
  const [a, b] = [got, want].map((x) => (Array.isArray(x) ? (x.flat(Infinity) as number[]) : [x as number])) as [
    number[],
    number[],
  ];
  assert.equal(a.length, b.length);
  a.forEach((x, i) => {
    const bound = tolerance * Math.max(1, Math.abs(b[i]!));
    assert.ok(Math.abs(x - b[i]!) <= bound, `${x} is not within ${bound} of ${b[i]!} (element ${i})`);
  });
}
