// From one device to the other in the middle of a training.
import * as torch from "flambeau";

interface Optimizer {
  stateDict(): torch.optim.OptimizerState;
  loadStateDict(state: any): void;
}

/** Moves a model's weights, and what the optimizer has learned about each of them. */
export async function moveTraining(
  model: { to(device: torch.Device): unknown },
  optimizer: Optimizer,
  device: torch.Device,
): Promise<void> {
  const state = await torch.load(await torch.save(optimizer.stateDict()));
  await model.to(device);
  optimizer.loadStateDict(state);
}
