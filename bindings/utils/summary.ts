// torch.utils.summary, whose code is loaded at the first use.

import type { AnyModule } from "../nn/module.ts";
import type { SummaryInput, SummaryOptions } from "./tools/summary.ts";
import type { SummaryTable } from "./tools/summary-table.ts";

export type { SummaryInput, SummaryOptions, SummaryTable };

/**
 * A table of a model's layers with the shapes of their results, their parameters and multiply-adds, for one input, which goes
 * through the model in evaluation mode; as torchinfo's summary.
 * @param input the shape of the input, or the input, or a list of them
 * @example
 * const table = await torch.utils.summary(new nn.Linear(4, 3), [1, 4]);
 * String(table).includes("Linear"); // true
 */
export async function summary(model: AnyModule, input: SummaryInput, options?: SummaryOptions): Promise<SummaryTable> {
  const { summarize } = await import("./tools/summary.ts");
  return summarize(model, input, options);
}
