// Writes a safetensors file of 1 GB into a folder, loads it, and prints what that took: filesLarge.test.ts runs this in a
// process of its own, whose peak of resident memory is that of the loading.
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import * as torch from "../../dist/node.js";

const COUNT = 16;
const LENGTH = 16 * 2 ** 20;
const BYTES = 4 * LENGTH;

const path = join(process.argv[2], "large.safetensors");
const header = {};
for (let i = 0; i < COUNT; i++) {
  header[`layer.${i}`] = { dtype: "F32", shape: [LENGTH / 1024, 1024], data_offsets: [i * BYTES, (i + 1) * BYTES] };
}
const text = new TextEncoder().encode(JSON.stringify(header));
const head = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
head.set(text, 8);
const file = openSync(path, "w");
writeSync(file, head);
ftruncateSync(file, head.length + COUNT * BYTES);
// the rest is zero, and takes no room on most file systems
for (let i = 0; i < COUNT; i++) {
  writeSync(file, new Uint8Array(new Float32Array([i + 1]).buffer), 0, 4, head.length + i * BYTES);
  writeSync(file, new Uint8Array(new Float32Array([-i]).buffer), 0, 4, head.length + (i + 1) * BYTES - 4);
}
closeSync(file);

/** the most memory that was ever resident, in bytes */
const peak = () => 1024 * process.resourceUsage().maxRSS;
await torch.safetensors.loadFile(await torch.safetensors.save({ warm: torch.ones(3) }));
const before = process.memoryUsage().rss;
const heard = [];
const tensors = await torch.safetensors.loadFile(path, { progress: (loaded, total) => heard.push([loaded, total]) });
const besides = peak() - before - COUNT * BYTES;
const right = Object.values(tensors).every(
  (tensor, i) =>
    tensor.at(0, 0).item() === i + 1 &&
    tensor.at(-1, -1).item() === -i &&
    tensor.sum({ dtype: torch.float64 }).item() === 1,
);
const monotonous = heard.every(([loaded, total], i) => loaded === (i + 1) * 2 ** 22 && total === COUNT * BYTES);
console.log(JSON.stringify({ bytes: COUNT * BYTES, besides, steps: heard.length, monotonous, right }));
