// What flambeau is to reach, row by row, as ratios within the run, for each host that was timed with one thread and with two.
import { ratio, table } from "./tables.mjs";
import { workload } from "./results.mjs";

const PEERS = /^(tfjs-|jax-js|ort-web|js-pytorch)/;
const MATMUL = ["matmul_256", "matmul_512", "matmul_1024", "matmul_2048"];
const SMALL = ["matmul_64", "matmul_128"];
const MEMORY = ["ew_exp", "ew_sigmoid", "ew_tanh", "softmax", "sum_all", "bcast_add", "transpose_copy"];

/** `peak`: share of the machine's limit; `native`: ÷ PyTorch, threads alike; `peer`: ÷ the fastest JavaScript peer; `one`: 2T ÷ 1T. */
const AIMS = [
  [MATMUL, { peak: 0.85, peer: 2.2 }, { one: 1.8 }],
  [SMALL, { peak: 0.7 }, { one: 1 }],
  [["conv_fwd", "conv_fwdbwd"], { peak: 0.75, peer: 2.5 }, { one: 1.8 }],
  [["mlp_sgd", "infer_b1", "infer_b64"], { native: 0.75, peer: 3 }, { native: 0.75 }],
  [["cnn_adam"], { native: 2 }, { one: 1.4 }],
  [["polyfit"], { native: 3 }, { one: 1 }],
  [["logreg_sgd"], { native: 2 }, { one: 1 }],
  [["op_add1"], { native: 5 }, { one: 1 }],
  [["op_add1_grad"], { native: 4 }, { one: 1 }],
  [["op_fwdbwd10"], { native: 8 }, { one: 1 }],
  [MEMORY, { native: 1 }, { native: 1 }],
];

function measured(results, key, w, kind) {
  const [, threads, host] = key.split(" · ");
  switch (kind) {
    case "native":
      return results.speed(key, `pytorch · ${threads}`, w);
    case "one":
      return results.speed(key, `flambeau · 1T · ${host}`, w);
    case "peer": {
      const speeds = results.keys.filter((k) => PEERS.test(k) && k.includes("1T")).map((k) => results.speed(key, k, w));
      const known = speeds.filter((s) => s !== null);
      return known.length ? Math.min(...known) : null;
    }
    case "peak": {
      const [mine, peak] = [results.value(key, w), results.value(key, workload("simd_peak"))];
      return mine && peak ? mine.v / peak.v : null;
    }
  }
}

const WORDS = { native: "÷ PyTorch", one: "÷ 1 thread", peer: "÷ peer", peak: "of peak" };
const part = (results, key, w, aims) =>
  Object.entries(aims)
    .map(([kind, aim]) => {
      const value = measured(results, key, w, kind);
      if (value === null) return null;
      // timings repeat within a few per cent
      const mark = value >= aim * 0.98 ? "✓" : "✗";
      return `${ratio(value)} ${WORDS[kind]} (${aim}) ${mark}`;
    })
    .filter(Boolean)
    .join(", ") || "–";

export function aimsTable(results) {
  const hosts = [...new Set(results.keys.filter((k) => k.startsWith("flambeau")).map((k) => k.split(" · ")[2]))];
  return hosts
    .map((host) => {
      const [one, two] = [`flambeau · 1T · ${host}`, `flambeau · 2T · ${host}`];
      const rows = AIMS.flatMap(([ids, first, second]) =>
        ids.map((id) => [id, part(results, one, workload(id), first), part(results, two, workload(id), second)]),
      );
      const told = rows.filter((row) => row[1] !== "–" || row[2] !== "–");
      return table(`Aims in ${host}: measured (aim)`, ["row", "1 thread", "2 threads"], told);
    })
    .join("\n");
}
