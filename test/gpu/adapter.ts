// Runs WGSL functions over arrays on whatever adapter the machine has; `device` is undefined where there is none.
import { create, globals } from "webgpu";
import { libraryFor } from "../../gpu/wgsl/library.ts";

Object.assign(globalThis, globals);
// kept: adapters and devices die with it
export const gpu = create([]);
const adapter = await gpu.requestAdapter();
export const device = await adapter?.requestDevice();

const SIZE = 64;

/** `outWords` words a result: `body` computes `let r = …` from a0, a1, … (u32 words, `inWords` for each of n items). */
export async function compute(body: string, inputs: Uint32Array, inWords: number, outWords: number, helpers = "") {
  if (!device) throw new Error("no adapter");
  const n = inputs.length / inWords;
  const lets = Array.from({ length: inWords }, (_, k) => `  let a${k} = input[i * ${inWords}u + ${k}u];\n`).join("");
  const puts = Array.from({ length: outWords }, (_, k) => `  output[i * ${outWords}u + ${k}u] = r[${k}];\n`).join("");
  const main = `@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(${SIZE})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  if (i >= ${n}u) { return; }
${lets}${body}
${puts}}
`;
  const module = device.createShaderModule({ code: `${libraryFor(helpers + main)}\n${helpers}\n${main}` });
  const messages = (await module.getCompilationInfo()).messages;
  if (messages.length > 0) throw new Error(messages.map((m) => `${m.lineNum}: ${m.message}`).join("\n"));
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const input = device.createBuffer({ size: inputs.byteLength, usage: 0x80 | 0x08 });
  const output = device.createBuffer({ size: n * outWords * 4, usage: 0x80 | 0x04 });
  const staging = device.createBuffer({ size: n * outWords * 4, usage: 0x01 | 0x08 });
  device.queue.writeBuffer(input, 0, inputs as Uint32Array<ArrayBuffer>);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [input, output].map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(Math.ceil(n / SIZE));
  pass.end();
  encoder.copyBufferToBuffer(output, 0, staging, 0, n * outWords * 4);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  const result = new Uint32Array(staging.getMappedRange().slice(0));
  for (const buffer of [input, output, staging]) buffer.destroy();
  return result;
}

/** The float32 function `name` of one or two arguments, at each of the arguments. */
export async function evaluateFloats(expression: string, ...args: Float32Array[]): Promise<Float32Array> {
  const n = args[0]!.length;
  const words = new Uint32Array(n * args.length);
  args.forEach((x, k) => {
    const bits = new Uint32Array(x.buffer, x.byteOffset, n);
    for (let i = 0; i < n; i++) words[i * args.length + k] = bits[i]!;
  });
  const names = args.map((_, k) => `  let x${k} = bitcast<f32>(a${k});\n`).join("");
  const r = await compute(`${names}  let r = array<u32, 1>(bitcast<u32>(${expression}));`, words, args.length, 1);
  return new Float32Array(r.buffer);
}
