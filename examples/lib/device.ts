// Where a program computes: on the CPU, or with `--device webgpu` on the GPU.
import * as torch from "flambeau";
import { option } from "./main.ts";

/** The device of `--device cpu|webgpu`, started. */
export async function chosenDevice(): Promise<torch.Device> {
  const device = option("device") ?? "cpu";
  if (device === "webgpu") await torch.webgpu.init();
  else if (device !== "cpu") throw new Error(`--device ${device}: there are cpu and webgpu`);
  return device;
}

/** The values of several tensors by name, numbers or nested lists; those on a GPU come back in one read. */
export async function values<K extends string>(tensors: Record<K, torch.Tensor>): Promise<Record<K, any>> {
  const read = Object.entries<torch.Tensor>(tensors).map(async ([name, tensor]) => [name, await tensor.tolistAsync()]);
  return Object.fromEntries(await Promise.all(read));
}
