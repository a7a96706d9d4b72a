// flambeau from its sources with the emulated device started, as a library for the conformance runner:
//   node --import tsx test/conformance/main.ts --device=webgpu --library=$PWD/test/device/library.ts
import { readFileSync } from "node:fs";
import { boot } from "../../bindings/boot.ts";
import { setDeviceBackend } from "../../bindings/device.ts";
import { system } from "../../hosts/system.ts";
import { Emulator } from "./emulator.ts";

const bytes = readFileSync(new URL("../../dist/flambeau.simd.wasm", import.meta.url));
const gpu = () => Promise.reject(new Error("the device is emulated"));
boot(new WebAssembly.Module(bytes), { ...system, name: "node", version: process.versions.node, build: "simd", gpu });

export const emulator = new Emulator();
setDeviceBackend(emulator);
export * from "../../bindings/index.ts";
