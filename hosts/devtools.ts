// Tensors as tables in a browser's console, where its settings have custom formatters on (Chrome, Edge, Firefox). Elsewhere the
// console shows the object, and String(tensor) prints it.

/** What the formatter asks of a tensor. */
interface Shown {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly device: string;
  numel(): number;
  detach(): Shown;
  narrow(dim: number, start: number, length: number): Shown;
  select(dim: number, index: number): Shown;
  tolist(): unknown;
}

/** Elements of markup, as JSON: name, attributes, children. */
type Markup = [name: string, attributes: { style?: string; colspan?: string }, ...children: (Markup | string)[]];

const MOST_ROWS = 50;
const MOST_COLUMNS = 20;
const MOST_TABLES = 8;
const CELL = "padding: 0 6px; text-align: right; font-family: monospace";
const HEAD = `${CELL}; opacity: 0.6`;

function text(value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(5)));
  return Array.isArray(value) ? value.map(text).join(", ") : String(value);
}
const more = (count: number, most: number): string[] => (count > most ? ["…"] : []);

function table(matrix: Shown, caption: string): Markup {
  const [rows, columns] = matrix.shape as [number, number];
  const values = matrix.narrow(0, 0, Math.min(rows, MOST_ROWS)).narrow(1, 0, Math.min(columns, MOST_COLUMNS)).tolist();
  const names = [
    ...Array.from({ length: Math.min(columns, MOST_COLUMNS) }, (_, i) => String(i)),
    ...more(columns, MOST_COLUMNS),
  ];
  const head: Markup = [
    "tr",
    {},
    ["td", { style: HEAD }, caption],
    ...names.map((name): Markup => ["td", { style: HEAD }, name]),
  ];
  const body = (values as unknown[][]).map((row, i): Markup => [
    "tr",
    {},
    ["td", { style: HEAD }, String(i)],
    ...row.map((value): Markup => ["td", { style: CELL }, text(value)]),
  ]);
  const last = more(rows, MOST_ROWS).map((dots): Markup => ["tr", {}, ["td", { style: HEAD }, dots]]);
  return ["table", { style: "border-collapse: collapse; margin: 2px 0 4px 12px" }, head, ...body, ...last];
}

/** All matrices in the last two dimensions, the first of them. */
function tables(tensor: Shown, path: string): Markup[] {
  const { shape } = tensor;
  if (shape.length <= 2) return [table(tensor, path)];
  const found: Markup[] = [];
  for (let i = 0; i < shape[0]! && found.length < MOST_TABLES; i++)
    found.push(...tables(tensor.select(0, i), `${path}${i}, `));
  return found.slice(0, MOST_TABLES);
}

/** A formatter of the protocol `devtoolsFormatters`; null where an object is none of `Class`. */
export const formatterOf = (Class: abstract new (...args: never[]) => object) => {
  const shown = (value: unknown): Shown | null => (value instanceof Class ? (value as unknown as Shown) : null);
  return {
    header(value: unknown): Markup | null {
      const tensor = shown(value);
      if (tensor === null) return null;
      const { shape, dtype, device } = tensor;
      const label = `${value!.constructor.name} [${shape.join(", ")}] ${dtype}${device === "cpu" ? "" : ` ${device}`}`;
      const single = shape.length === 0 && device === "cpu" ? ` ${text(tensor.tolist())}` : "";
      return ["span", { style: "font-family: monospace" }, label + single];
    },
    hasBody(value: unknown): boolean {
      const tensor = shown(value);
      return tensor !== null && tensor.device === "cpu" && tensor.shape.length > 0 && tensor.numel() > 0;
    },
    body(value: unknown): Markup {
      const tensor = shown(value)!.detach();
      const matrix =
        tensor.shape.length === 1 ? (tensor as Shown & { unsqueeze(dim: number): Shown }).unsqueeze(0) : tensor;
      return ["div", {}, ...tables(matrix, "")];
    },
  };
};

/** Lets the console know. */
export function installFormatter(Class: abstract new (...args: never[]) => object): void {
  const consoles = globalThis as { devtoolsFormatters?: unknown[] };
  (consoles.devtoolsFormatters ??= []).push(formatterOf(Class));
}
