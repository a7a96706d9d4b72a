// The most that 128-bit SIMD does on this machine, in GFLOP/s: a loop of multiply-adds over sums that stay in registers,
// fused (relaxed SIMD), or of as many multiplications as additions. Every sum depends on its own value a step before, so
// that an engine can neither leave out nor hoist an operation.
const LOCAL = { get: 0x20, set: 0x21, tee: 0x22 };
const V128 = 0x7b;
const I32 = 0x7f;
const F32 = 0x7d;
const SIMD = 0xfd;
const SPLAT = [SIMD, 0x13];
const EXTRACT_0 = [SIMD, 0x1f, 0];
const ADD = [SIMD, 0xe4, 1];
const MUL = [SIMD, 0xe6, 1];
const RELAXED_MADD = [SIMD, 0x85, 2];

/** Independent sums: enough for latency (4 cycles, 2 a cycle), few enough for 15 registers. */
const SUMS = 14;
/** Multiply-adds of each sum in one turn of the loop. */
const TURN = 4;

const section = (id, body) => [id, ...leb(body.length), ...body];
const vector = (items) => [...leb(items.length), ...items.flat()];
function leb(n) {
  const bytes = [];
  do {
    bytes.push((n & 127) | (n > 127 ? 128 : 0));
    n >>>= 7;
  } while (n);
  return bytes;
}

/** turns: i32, x: f32 -> f32. Fused: s = s * x + x for every sum s; else half of the sums do s * x, half s + x. */
function peakModule(fused) {
  const [turns, scalar, x, first] = [0, 1, 2, 3];
  const get = (i) => [LOCAL.get, i];
  const set = (i) => [LOCAL.set, i];
  const sums = Array.from({ length: SUMS }, (_, i) => first + i);
  const operation = (i) => (fused ? [...get(x), ...RELAXED_MADD] : i % 2 ? MUL : ADD);
  const step = (s) => [get(s), get(x), operation(s), set(s)];
  const code = [
    [get(scalar), SPLAT, set(x)],
    [0x03, 0x40],
    Array.from({ length: TURN }, () => sums.map(step)),
    [get(turns), 0x41, 1, 0x6b, LOCAL.tee, turns, 0x0d, 0, 0x0b],
    get(first),
    sums.slice(1).map((s) => [get(s), ADD]),
    [EXTRACT_0, 0x0b],
  ].flat(Infinity);
  const body = [...vector([[...leb(1 + SUMS), V128]]), ...code];
  const module = [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, vector([[0x60, ...vector([I32, F32]), ...vector([F32])]])),
    section(3, vector([[0]])),
    section(7, vector([[1, 0x70, 0, 0]])),
    section(10, vector([[...leb(body.length), ...body]])),
  ];
  return new Uint8Array(module.flat());
}

/** { run(turns), flops of a turn } of a peak loop, or null where the engine has no relaxed SIMD. */
export function peak(fused) {
  const bytes = peakModule(fused);
  if (!WebAssembly.validate(bytes)) return null;
  const { p } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  return { run: (turns) => p(turns, 0.5), flops: SUMS * TURN * 4 * (fused ? 2 : 1) };
}

/** A function that copies `n` floats within a memory of its own, 64 bytes a turn: the bandwidth that wasm has. */
export function copyLoop(n) {
  const V128_LOAD = [SIMD, 0x00, 4];
  const V128_STORE = [SIMD, 0x0b, 4];
  const [from, to, end] = [0, 1, 2];
  const get = (i) => [LOCAL.get, i];
  const step = (i) => [get(to), get(from), V128_LOAD, 16 * i, V128_STORE, 16 * i];
  const advance = (i) => [
    get(i),
    0x41,
    ...leb(64).map((b, k, all) => (k === all.length - 1 ? b | 0x80 : b)),
    0x00,
    0x6a,
  ];
  const code = [
    [0x03, 0x40],
    [0, 1, 2, 3].map(step),
    [advance(to), LOCAL.set, to],
    [advance(from), LOCAL.tee, from, get(end), 0x49, 0x0d, 0, 0x0b, 0x0b],
  ].flat(Infinity);
  const bytes = 4 * n;
  const pages = Math.ceil((2 * bytes + 4096) / 65536);
  const body = [0, ...code];
  const module = [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, vector([[0x60, ...vector([I32, I32, I32]), ...vector([])]])),
    section(3, vector([[0]])),
    section(5, vector([[0, ...leb(pages)]])),
    section(7, vector([[1, 0x63, 0, 0]])),
    section(10, vector([[...leb(body.length), ...body]])),
  ];
  const { c } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(module.flat()))).exports;
  return () => c(0, (bytes + 4095) & ~4095, bytes & ~63);
}
