import type { Host } from "./host.ts";
import type { Report, Row } from "./report.ts";
import { Missing, Skip, type Runtime, type Tensor } from "./runtime.ts";

/** The programs of the vectors, in flambeau. */
const programs: Record<string, (nn: any) => any> = {
  mlp: (nn) => new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10)),
  cnn: (nn) =>
    new nn.Sequential(
      new nn.Conv2d(1, 5, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(5, 10, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(490, 10),
    ),
  logistic: (nn) => new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 10)),
};

const optimizers: Record<string, (optim: any, parameters: any) => any> = {
  mlp: (optim, parameters) => new optim.SGD(parameters, { lr: 0.1, momentum: 0.9 }),
  cnn: (optim, parameters) => new optim.Adam(parameters, { lr: 1e-3 }),
  logistic: (optim, parameters) => new optim.SGD(parameters, { lr: 0.05, momentum: 0.9 }),
};

const kindOf = (program: string) =>
  program.includes("Conv2d") ? "cnn" : program.includes("Linear(784,128)") ? "mlp" : "logistic";

/** An IDX file: big-endian header, then bytes. */
async function idx(host: Host, path: string): Promise<{ shape: number[]; data: Uint8Array }> {
  const bytes = await host.read(path);
  if (!bytes) throw new Skip(`MNIST is not there: ${path}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: bytes[3]! }, (_, i) => view.getUint32(4 + 4 * i));
  return { shape, data: bytes.subarray(4 + 4 * shape.length) };
}

async function images(runtime: Runtime, host: Host, path: string): Promise<Tensor> {
  const { shape, data } = await idx(host, path);
  return runtime.torch.tensor(data).view(shape).to("float32").div(255).unsqueeze(1);
}

async function labels(runtime: Runtime, host: Host, path: string): Promise<Tensor> {
  return runtime.torch.tensor((await idx(host, path)).data).to("int64");
}

export async function runTraining(
  runtime: Runtime,
  report: Report,
  row: Row,
  file: any,
  host: Host,
  folder: string,
): Promise<void> {
  for (const run of file.runs) {
    const kind = kindOf(run.program);
    await report.run(row, { id: kind }, () => train(runtime, host, folder, file, run, kind));
  }
}

async function train(
  runtime: Runtime,
  host: Host,
  folder: string,
  file: any,
  run: any,
  kind: string,
): Promise<string[]> {
  const { torch } = runtime;
  if (!torch.utils?.data?.DataLoader) throw new Missing("torch.utils.data.DataLoader");
  const x = await images(runtime, host, `${folder}/train-images-idx3-ubyte`);
  const y = await labels(runtime, host, `${folder}/train-labels-idx1-ubyte`);
  torch.manualSeed(file.seed);
  const model = programs[kind]!(torch.nn).to(runtime.device);
  const { TensorDataset, DataLoader } = torch.utils.data;
  const loader = new DataLoader(new TensorDataset(x, y), { batchSize: file.batchSize, shuffle: true });
  const optimizer = optimizers[kind]!(torch.optim, model.parameters());
  const lossFn = new torch.nn.CrossEntropyLoss();
  const losses: number[] = [];
  let pending: Promise<number>[] = [];
  let steps = 0;
  const collect = async () => {
    losses.push(...(await Promise.all(pending)));
    pending = [];
  };
  const reasons: string[] = [];
  for await (const [xb, yb] of loader) {
    if (steps++ === 0 && String(yb.tolist()) !== String(run.firstBatchLabels))
      return [`first labels are ${yb.tolist()}`];
    const step = () => {
      const loss = lossFn(model(xb.to(runtime.device)), yb.to(runtime.device));
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return [runtime.item(loss)]; // in a list, since a scope waits for a promise
    };
    pending.push(...(torch.scope ? torch.scope(step) : step()));
    if (pending.length === 50) await collect();
  }
  await collect();
  if (losses.length !== run.losses.length) reasons.push(`${losses.length} steps, want ${run.losses.length}`);
  const relative = (i: number) => Math.abs(losses[i]! - run.losses[i]) / Math.abs(run.losses[i]);
  for (const [upTo, tolerance] of [
    [1, 1e-6],
    [50, 1e-4],
    [100, 1e-3],
  ] as const) {
    const wrong = losses.slice(0, upTo).findIndex((_, i) => !(relative(i) <= tolerance));
    if (wrong >= 0)
      reasons.push(
        `loss of step ${wrong + 1}: got ${losses[wrong]}, want ${run.losses[wrong]} to ${tolerance} relative`,
      );
  }
  const accuracy = await testAccuracy(runtime, host, folder, model);
  const want = run.testAccuracy.at(-1);
  host.print(
    `  ${kind}: loss ${losses[0]} … ${losses.at(-1)}, accuracy ${(100 * accuracy).toFixed(2)} % (PyTorch ${(100 * want).toFixed(2)} %)`,
  );
  if (!(Math.abs(accuracy - want) <= 0.005)) reasons.push(`test accuracy ${accuracy}, want ${want} within 0.005`);
  return reasons;
}

/** Of a thousand images at a time, for the sake of devices with little memory. */
async function testAccuracy(runtime: Runtime, host: Host, folder: string, model: any): Promise<number> {
  const { torch, device } = runtime;
  const x = await images(runtime, host, `${folder}/t10k-images-idx3-ubyte`);
  const y = await labels(runtime, host, `${folder}/t10k-labels-idx1-ubyte`);
  const SIZE = 1000;
  const right: Promise<number>[] = [];
  for (let at = 0; at < x.shape[0]; at += SIZE)
    right.push(
      ...torch.noGrad(() =>
        torch.scope(() => {
          const predicted = model(x.narrow(0, at, SIZE).to(device)).argmax(1);
          return [
            runtime.item(
              predicted
                .eq(y.narrow(0, at, SIZE).to(device))
                .to("float32")
                .sum(),
            ),
          ];
        }),
      ),
    );
  return (await Promise.all(right)).reduce((a, b) => a + b, 0) / x.shape[0];
}
