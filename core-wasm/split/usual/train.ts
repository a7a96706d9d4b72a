import * as torch from "flambeau";

export const steps = 2;

/** Some steps, and a pass in eval mode. */
export function train(
  model: torch.nn.AnyModule,
  loss: () => torch.Tensor,
  optimizer: { zeroGrad(): void; step(): unknown },
  clip?: number,
): void {
  model.train();
  for (let i = 0; i < steps; i++) {
    torch.scope(() => {
      optimizer.zeroGrad();
      const value = loss();
      value.backward();
      if (clip !== undefined) torch.nn.utils.clipGradNorm_(model.parameters(), clip);
      optimizer.step();
      value.item();
    });
  }
  model.eval();
  torch.noGrad(loss).item();
}

/** Indices. */
export const ints = (values: torch.TensorData): torch.Tensor => torch.tensor(values, { dtype: "int64" });
