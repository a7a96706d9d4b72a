// How torch.utils.summary prints.

/** A call of a module. */
export interface LayerRow {
  name: string;
  /** as in the state dict */
  path: string;
  depth: number;
  index: number;
  outputShape: string;
  params: number;
  isTrainable: boolean;
  /** its parameters have been counted in a row before */
  isReused: boolean;
  multiplyAdds: number;
  isLeaf: boolean;
}
interface Totals {
  rows: LayerRow[];
  totalParams: number;
  trainableParams: number;
  /** of one forward pass; containers include what is in them */
  multiplyAdds: number;
  inputBytes: number;
  /** of the results of all modules without children */
  outputBytes: number;
  /** of parameters and buffers */
  paramBytes: number;
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;
const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);

/**
 * Prints as a table; its numbers are properties.
 * @example
 * const table = await torch.utils.summary(new nn.Linear(4, 3), [1, 4]);
 * table.totalParams; // 15
 */
export class SummaryTable implements Totals {
  readonly rows!: LayerRow[];
  readonly totalParams!: number;
  readonly trainableParams!: number;
  readonly multiplyAdds!: number;
  readonly inputBytes!: number;
  readonly outputBytes!: number;
  readonly paramBytes!: number;

  constructor(totals: Totals) {
    Object.assign(this, totals);
  }

  /**
   * The table, as torchinfo prints it.
   * @example
   * String(await torch.utils.summary(new nn.Linear(4, 3), [1, 4])).includes("Total params: 15"); // true
   */
  toString(): string {
    const { rows } = this;
    const tree = rows.map((row, i) => {
      if (row.depth === 0) return row.name;
      // a line goes on where a later row stands at its depth before one stands above it
      const isLast = (depth: number): boolean => {
        for (const later of rows.slice(i + 1)) {
          if (later.depth < depth) return true;
          if (later.depth === depth) return false;
        }
        return true;
      };
      let prefix = "";
      for (let depth = 1; depth < row.depth; depth++) prefix += isLast(depth) ? "    " : "│   ";
      return `${prefix}${isLast(row.depth) ? "└─" : "├─"}${row.name}: ${row.depth}-${row.index}`;
    });
    const params = rows.map((row) => {
      if (row.params === 0) return "--";
      if (row.isReused) return "(recursive)";
      return row.isTrainable ? count(row.params) : `(${count(row.params)})`;
    });
    const table = [
      ["Layer (type:depth-idx)", ...tree],
      ["Output Shape", ...rows.map((row) => row.outputShape)],
      ["Param #", ...params],
      ["Mult-Adds", ...rows.map((row) => (row.multiplyAdds === 0 ? "--" : count(row.multiplyAdds)))],
    ];
    const widths = table.map((column) => Math.max(...column.map((cell) => cell.length)) + 2);
    const lines = table[0]!.map((_, i) =>
      table
        .map((column, c) => column[i]!.padEnd(widths[c]!))
        .join("")
        .trimEnd(),
    );
    const rule = "=".repeat(widths.reduce((sum, width) => sum + width));
    const { totalParams, trainableParams, inputBytes, outputBytes, paramBytes } = this;
    return [
      rule,
      lines[0],
      rule,
      ...lines.slice(1),
      rule,
      `Total params: ${count(totalParams)}`,
      `Trainable params: ${count(trainableParams)}`,
      `Non-trainable params: ${count(totalParams - trainableParams)}`,
      `Total mult-adds: ${count(this.multiplyAdds)}`,
      rule,
      `Input size (MB): ${megabytes(inputBytes)}`,
      `Forward pass size (MB): ${megabytes(outputBytes)}`,
      `Params size (MB): ${megabytes(paramBytes)}`,
      `Estimated Total Size (MB): ${megabytes(inputBytes + outputBytes + paramBytes)}`,
      rule,
    ].join("\n");
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}
