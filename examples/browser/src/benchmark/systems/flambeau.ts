// flambeau, op by op, as a user writes it.
import * as torch from "flambeau";
import {
  LEARNING_RATE,
  type Opening,
  type System,
  filled,
  firstParameters,
  labelsOf,
  parameterShapes,
} from "../workloads.ts";

const { nn, optim } = torch;
const F = nn.functional;

export async function open({ device, threads }: Opening): Promise<System> {
  if (device === "webgpu") await torch.webgpu.init();
  const make = (shape: number[], values: Float32Array): torch.Tensor => torch.tensor(values).view(shape).to(device);
  const op = (f: () => torch.Tensor) => ({
    run: () => torch.scope(() => void f()),
    check: () => f().square().mean().itemAsync<number>(),
  });
  torch.setNumThreads(threads);
  const { build } = torch.backends().cpu;
  return {
    note: device === "cpu" ? `${build} SIMD, ${threads} ${threads === 1 ? "thread" : "threads"}` : "eager",
    sync: async () => {
      if (device === "webgpu") await torch.webgpu.synchronize();
    },
    cases: {
      matmul({ matmul: n }) {
        const [a, b] = [1, 2].map((seed) => make([n, n], filled([n, n], seed))) as [torch.Tensor, torch.Tensor];
        return op(() => torch.matmul(a, b));
      },
      conv2d({ images, channels, side }) {
        const [shape, kernel] = [[images, channels, side, side], [channels, channels, 3, 3]]; // prettier-ignore
        const [x, w] = [make(shape!, filled(shape!, 1)), make(kernel!, filled(kernel!, 2))];
        return op(() => F.conv2d(x, w, null, { padding: 1 }));
      },
      step(sizes) {
        const { batch, widths } = sizes;
        const layers = widths.slice(1).map((width, i) => new nn.Linear(widths[i]!, width));
        const model = new nn.Sequential(...layers.flatMap((layer, i) => (i === 0 ? [layer] : [new nn.ReLU(), layer])));
        const values = firstParameters(sizes);
        torch.noGrad(() =>
          layers.forEach((layer, i) => {
            layer.weight.copy_(
              torch
                .tensor(values[2 * i]!)
                .view(parameterShapes(sizes)[2 * i]!)
                .t(),
            );
            layer.bias!.zero_();
          }),
        );
        model.to(device);
        const optimizer = new optim.SGD(model.parameters(), { lr: LEARNING_RATE });
        const x = make([batch, widths[0]!], filled([batch, widths[0]!], 7));
        const y = torch.tensor(labelsOf(sizes), { dtype: "int64" }).to(device);
        return {
          run: () =>
            torch.scope(() => {
              const loss = F.crossEntropy(model(x), y);
              optimizer.zeroGrad();
              loss.backward();
              optimizer.step();
            }),
          check: () => torch.noGrad(() => F.crossEntropy(model(x), y)).itemAsync<number>(),
        };
      },
    },
  };
}
