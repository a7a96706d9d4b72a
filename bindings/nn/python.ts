// Values as Python prints them, for the representation of modules and optimizers.

/** A float: `0.1`, `1.0`, `1e-05`. */
export function pyFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split("e") as [string, string];
    const power = exponent.slice(1).padStart(2, "0");
    return `${digits}e${exponent[0]}${power}`;
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** A value as `repr` gives it: True, None, 'text', (3, 3), (3,). Numbers print as they are; see `pyFloat` for floats. */
export function py(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null || value === undefined) return "None";
  if (typeof value === "string") return `'${value}'`;
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : pyFloat(value);
  if (Array.isArray(value)) return value.length === 1 ? `(${py(value[0])},)` : `(${value.map(py).join(", ")})`;
  return String(value);
}
