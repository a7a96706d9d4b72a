// Orders the functions of a module so that gzip finds more to repeat: its window is 32 kB, so functions that share code
// should stand close together. Always next is the function of which most has just been seen, measured by the runs of five
// bytes that it has in common with the last 28 kB. That is 2 % of the core after gzip, against the order of names.
import { Reader, importedFunctions, readSections, section, unsigned } from "./module.mjs";

const CUSTOM = 0;
const IMPORT = 2;
const CODE = 10;
const RUN = 5;
const WINDOW = 28_000;
/** Runs in more functions than this are everywhere. */
const COMMON = 300;

/** The bodies of a module's functions, and how many imported functions come before them. */
function readFunctions(module) {
  let imported = 0;
  let bodies = [];
  for (const { id, body } of readSections(module)) {
    if (id === IMPORT) imported = importedFunctions(body);
    if (id !== CODE) continue;
    const reader = new Reader(body);
    reader.at = 0;
    bodies = Array.from({ length: reader.unsigned() }, () => reader.take(reader.unsigned()));
  }
  return { imported, bodies };
}

function runsOf(body) {
  const runs = new Set();
  for (let i = 0; i + RUN <= body.length; i++) {
    let hash = 0;
    for (let k = 0; k < RUN; k++) hash = (Math.imul(hash, 0x01000193) ^ body[i + k]) >>> 0;
    runs.add(hash);
  }
  return runs;
}

/** The places of the functions, best neighbours side by side. */
function arrange(bodies) {
  const owners = new Map();
  const runs = bodies.map(runsOf);
  runs.forEach((set, i) => set.forEach((run) => owners.get(run)?.push(i) ?? owners.set(run, [i])));
  for (const [run, list] of owners) if (list.length < 2 || list.length > COMMON) owners.delete(run);

  // how much of each function is in the window; a rare run counts for more
  const seen = new Float64Array(bodies.length);
  const inWindow = new Map();
  const count = (i, step) => {
    for (const run of runs[i]) {
      const list = owners.get(run);
      if (list === undefined) continue;
      const before = inWindow.get(run) ?? 0;
      inWindow.set(run, before + step);
      if (before !== 0 && before + step !== 0) continue;
      for (const j of list) seen[j] += step / Math.log(1 + list.length);
    }
  };

  const rest = new Set(bodies.keys());
  const order = [];
  let first = 0;
  let bytes = 0;
  for (let next = 0; next !== undefined;) {
    order.push(next);
    rest.delete(next);
    count(next, 1);
    for (bytes += bodies[next].length; bytes > WINDOW && first < order.length - 1; first++) {
      bytes -= bodies[order[first]].length;
      count(order[first], -1);
    }
    let best = -1;
    next = undefined;
    for (const i of rest) {
      const share = seen[i] / (runs[i].size + 15);
      if (share > best) [best, next] = [share, i];
    }
  }
  return order;
}

/** The module with names for its functions that stand in the order wanted: wasm-opt --reorder-functions-by-name does the rest. */
export function nameInOrder(module) {
  const { imported, bodies } = readFunctions(module);
  const ranks = [];
  arrange(bodies).forEach((i, rank) => (ranks[i] = String(rank).padStart(6, "0")));
  const text = (name) => [...unsigned(name.length), ...Buffer.from(name)];
  const names = ranks.flatMap((name, i) => [...unsigned(imported + i), ...text(name)]);
  const list = Buffer.from([...unsigned(ranks.length), ...names]);
  return Buffer.concat([module, section(CUSTOM, Buffer.concat([Buffer.from(text("name")), section(1, list)]))]);
}
