// The module worker in which everything is computed, so that pages stay responsive. Its name says whose.
import { type Calls, serve } from "./lib/channel.ts";

const roles: Record<string, () => Promise<{ calls: Calls }>> = {
  gpt: () => import("./gpt/worker.ts"),
  polynomial: () => import("./polynomial/worker.ts"),
  mnist: () => import("./mnist/worker.ts"),
  playground: () => import("./playground/worker.ts"),
};

serve(
  Promise.all([roles[self.name]!(), import("./lib/environment.ts")]).then(([role, environment]) => ({
    ...environment.calls,
    ...role.calls,
  })),
);
