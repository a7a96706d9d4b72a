// The module worker in which everything is computed, so that pages stay responsive. Its name says whose.
import { type Calls, serve } from "./lib/channel.ts";

const roles: Record<string, () => Promise<{ calls: Calls }>> = {
  gpt: () => import("./gpt/worker.ts"),
  polynomial: () => import("./polynomial/worker.ts"),
  mnist: () => import("./mnist/worker.ts"),
  playground: () => import("./playground/worker.ts"),
  benchmark: () => import("./benchmark/worker.ts"),
};

// the benchmark's workers load no library but the one that is measured
const environment = async (): Promise<unknown> => (await import("./lib/environment.ts")).calls.environment();

serve(roles[self.name]!().then(({ calls }) => ({ environment, ...calls })));
