/** The same bytes under another dtype. */
import { view } from "./record.ts";

export const viewDtype = view({
  signature: "viewDtype(input: Tensor, dtype: dtype)",
  follows: "torch.Tensor.view",
  doc: "A view of the same bytes as elements of another dtype; where its elements have another size, the last dim changes.",
  implementation: "reinterpret.viewDtype",
  variants: [],
});
