// The table of single kernels: flambeau's time, its rate, how near that is to what this machine gives to wasm (the copy loop
// for rows that count bytes, the multiply-add loop for those that count operations), and its speed beside the others'.
const PEERS = [/^tfjs-wasm · 1T/, /^jax-js jit · 1T/, /^jax-js eager · 1T/];
const KERNEL_GROUPS = ["elementwise", "reduce", "norm", "index", "pool", "conv"];

/** `vals(key, workload)`: { v: the median, b: the best } of a system, or null. */
export function kernelTable(workloads, keys, vals) {
  const of = (id) => workloads.find((w) => w.id === id);
  const seconds = (w, x) => (w.kind === "rate" ? w.n / x : x / w.scale);
  const us = keys.find((k) => k === "flambeau · 1T · node24") ?? keys.find((k) => k.startsWith("flambeau"));
  if (us === undefined) return "";
  const rateOf = (w, x) => (w.kind === "rate" ? x : w.bytes / 1e9 / seconds(w, x));
  const limits = { bytes: vals(us, of("copy_peak")), flops: vals(us, of("simd_peak")) };
  const copyRate = limits.bytes && rateOf(of("copy_peak"), limits.bytes.v);
  const speed = (key, w, mine) => {
    const theirs = key && vals(key, w);
    return theirs ? seconds(w, theirs.v) / seconds(w, mine.v) : undefined;
  };
  const ratio = (r) => (r === undefined ? "–" : r >= 10 ? r.toFixed(0) : r.toPrecision(2));
  const rows = [];
  for (const w of workloads) {
    if (!KERNEL_GROUPS.includes(w.group) || (w.bytes === undefined && w.kind !== "rate")) continue;
    const mine = vals(us, w);
    if (!mine) continue;
    const rate = rateOf(w, mine.v);
    const limit = w.kind === "rate" ? limits.flops?.v : copyRate;
    const share = limit ? `${((100 * rate) / limit).toFixed(0)} %` : "–";
    const native = speed("pytorch · 1T", w, mine);
    const peers = keys.filter((k) => PEERS.some((p) => p.test(k))).map((k) => [speed(k, w, mine), k.split(" · ")[0]]);
    const fastest = peers.filter(([s]) => s !== undefined).sort((a, b) => a[0] - b[0])[0];
    const time = seconds(w, mine.v) * 1e3;
    const unit = w.kind === "rate" ? "GFLOP/s" : "GB/s";
    rows.push(
      `| ${w.id} | ${time.toPrecision(3)} | ${rate.toFixed(1)} ${unit} | ${share} | ${ratio(native)} | ` +
        `${fastest ? `${ratio(fastest[0])} (${fastest[1]})` : "–"} |`,
    );
  }
  if (rows.length === 0) return "";
  return (
    "\n### Single kernels: flambeau's time and rate, its share of the machine's limit in wasm, its speed ÷ others'\n\n" +
    "| kernel | ms | rate | of the limit | ÷ PyTorch 1T | ÷ fastest JavaScript peer |\n|---|---|---|---|---|---|\n" +
    rows.join("\n")
  );
}
