// What the matrix is made of: hosts, and which devices and builds of the core each has.
import { noBrowser } from "../hosts/browsers.mjs";
import { noGpu } from "../hosts/gpu.mjs";

const PAGES = ["chromium", "chromium-worker", "firefox", "firefox-worker"];

/** Why nothing can run in a host here, or null. */
const unavailable = (host) => (PAGES.includes(host) ? noBrowser(host.split("-")[0]) : null);

/** Engines without relaxed SIMD are imitated where the host can choose: the program is told that it does not validate. */
const SIMD = "--build=simd";
/** One thread: the core whose memory is not shared. */
const ALONE = { OMP_NUM_THREADS: "1" };

const cpu = (host, build, threads, { launch = host, args = [], env = {} } = {}) => ({
  host,
  device: "cpu",
  build,
  threads,
  skip: unavailable(host),
  runs: [{ launch, args, env }],
});

const system = (host) => [
  cpu(host, "relaxed", true),
  cpu(host, "relaxed", false, { env: ALONE }),
  cpu(host, "simd", true, { args: [SIMD] }),
  cpu(host, "simd", false, { args: [SIMD], env: ALONE }),
];
const page = (host) => [
  cpu(host, "relaxed", true),
  cpu(host, "relaxed", false, { launch: `${host}-unisolated` }),
  cpu(host, "simd", true, { args: [SIMD] }),
  cpu(host, "simd", false, { launch: `${host}-unisolated`, args: [SIMD] }),
];

export const CPU = [
  // V8 of Node 20 has relaxed SIMD only behind a flag
  cpu("node", "simd", true),
  cpu("node", "simd", false, { env: ALONE }),
  ...system("node24"),
  ...system("node26"),
  // imports one build by name
  cpu("deno", "relaxed", true),
  ...system("bun"),
  ...PAGES.flatMap(page),
  // has no threads and compiles no bytes: it imports one build by name
  cpu("workerd", "relaxed", false),
];

const CATEGORIES = "core nn linalg optional/fft second_order errors promotion modules optim rng files".split(" ");
/** Processes of their own keep the pipelines few: the software adapter runs out of memory mappings. */
const apart = (groups) => groups.map((category) => [`--category=${category}`]);
const HALVES = apart(["core,nn,linalg,optional/fft,second_order,errors", "promotion,modules,optim,rng,files"]);

const webgpu = (host, share, parts = [[]]) => ({
  host,
  device: "webgpu",
  share,
  skip: unavailable(host) ?? (host.startsWith("chromium") ? null : noGpu()),
  runs: parts.map((args) => ({ launch: host, args: ["--device=webgpu", `--share=${share}`, ...args], env: {} })),
});

export const WEBGPU = [
  webgpu("node", 1, HALVES),
  webgpu("node24", 0.05, HALVES),
  webgpu("node26", 0.05, HALVES),
  webgpu("deno", 0.2, apart(CATEGORIES)),
  webgpu("bun", 0.2, apart(CATEGORIES)),
  webgpu("chromium", 0.02),
  webgpu("chromium-worker", 0.02),
  webgpu("firefox", 0.02),
  webgpu("firefox-worker", 0.02),
];

/** Hosts whose kernels run on threads. */
export const THREADED = ["node", "node24", "node26", "deno", "bun", ...PAGES].map((host) => ({
  host,
  skip: unavailable(host),
}));
/** Hosts whose way from import to the first result is timed. */
export const STARTING = [...THREADED, { host: "workerd", skip: null }];
