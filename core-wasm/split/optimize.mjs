// Optimizes a module as asc -O3s does, keeping the names: node optimize.mjs FILE simd|relaxed
import { readFileSync, writeFileSync } from "node:fs";
import { FeatureFlags as F, Module, TypeRef } from "assemblyscript";

const FEATURES = [
  F.BulkMemory,
  F.SignExt,
  F.TruncSat,
  F.MutableGlobals,
  F.Threads ?? F.Atomics,
  F.SIMD,
  F.ReferenceTypes,
];
const [file, build] = process.argv.slice(2);
const module = Module.createFrom(readFileSync(file), false, TypeRef.I32);
module.setFeatures([...FEATURES, ...(build === "relaxed" ? [F.RelaxedSIMD] : [])].reduce((all, flag) => all | flag));
module.optimize(3, 1, true, false);
writeFileSync(file, module.toBinary(null).output);
