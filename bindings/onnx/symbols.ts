// Sizes that may vary. The model is traced with several sizes of each dynamic axis, and a number that was another each time is
// expressed by them: as a product or a sum. That finds x.shape[0] in any disguise, and refuses what it cannot express.

/** The sizes of the dynamic axes by name, one list for all traces: the first has the sizes of the arguments. */
export type Sizes = ReadonlyMap<string, readonly number[]>;

/** A number that depends on sizes: (factor · Π size^power + Σ weight · size) / divisor + offset, rounded down. */
export interface Expression {
  /** its value in the first trace */
  readonly example: number;
  /** name and power of each factor; empty where it is a sum */
  readonly powers: readonly (readonly [name: string, power: number])[];
  readonly weights: readonly (readonly [name: string, weight: number])[];
  readonly factor: number;
  readonly divisor: number;
  readonly offset: number;
}

export type Size = number | Expression;

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));

/**
 * The number whose values in the traces these are; undefined if sizes do not explain it. Trace k + 1 has another size of the
 * k-th axis only, the last one of all.
 */
export function solve(values: readonly number[], sizes: Sizes): Size | undefined {
  const first = values[0]!;
  if (values.every((value) => value === first)) return first;
  const names = [...sizes.keys()];
  if (names.length === 0 || values.length !== names.length + 2) return undefined;
  const candidates = [product(values, sizes, names), sum(values, sizes, names)];
  return candidates.find(
    (found) => found !== undefined && values.every((value, trace) => evaluate(found, sizes, trace) === value),
  );
}

function product(values: readonly number[], sizes: Sizes, names: readonly string[]): Expression | undefined {
  const first = values[0]!;
  if (first === 0) return undefined;
  const powers: [string, number][] = [];
  let [factor, divisor] = [first, 1];
  for (const [k, name] of names.entries()) {
    const list = sizes.get(name)!;
    const [from, to] = [list[0]!, list[k + 1]!];
    const power = [0, 1, 2, -1].find(
      (p) => values[k + 1]! * (p < 0 ? to : from ** p) === first * (p < 0 ? from : to ** p),
    );
    if (power === undefined || power < 0) return undefined;
    if (power === 0) continue;
    powers.push([name, power]);
    divisor *= from ** power;
  }
  const common = gcd(factor, divisor);
  [factor, divisor] = [factor / common, divisor / common];
  return { example: first, powers, weights: [], factor, divisor, offset: 0 };
}

function sum(values: readonly number[], sizes: Sizes, names: readonly string[]): Expression | undefined {
  const first = values[0]!;
  const slopes = names.map((name, k) => {
    const list = sizes.get(name)!;
    const [rise, run] = [values[k + 1]! - first, list[k + 1]! - list[0]!];
    const common = gcd(rise, run) * Math.sign(run);
    return [rise / common, run / common] as const;
  });
  const divisor = slopes.reduce((all, [, run]) => (all * run) / gcd(all, run), 1);
  const weights = names.map((name, k) => [name, (slopes[k]![0] * divisor) / slopes[k]![1]] as const);
  const total = weights.reduce((all, [name, weight]) => all + weight * sizes.get(name)![0]!, 0);
  const offset = first - Math.floor(total / divisor);
  return {
    example: first,
    powers: [],
    weights: weights.filter(([, weight]) => weight !== 0),
    factor: 0,
    divisor,
    offset,
  };
}

function evaluate(size: Expression, sizes: Sizes, trace: number): number {
  const at = (name: string): number => sizes.get(name)![trace]!;
  const products = size.powers.reduce((all, [name, power]) => all * at(name) ** power, size.factor);
  const sums = size.weights.reduce((all, [name, weight]) => all + weight * at(name), 0);
  return Math.floor((products + sums) / size.divisor) + size.offset;
}

/** Whether two sizes are the same whatever the axes are. */
export const sameSize = (a: Size, b: Size): boolean =>
  typeof a === "number" || typeof b === "number" ? a === b : JSON.stringify(a) === JSON.stringify(b);

/** The value of a size in the first trace. */
export const exampleOf = (size: Size): number => (typeof size === "number" ? size : size.example);
