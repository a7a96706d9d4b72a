// Between a page and its worker: calls, which are answered, and events, which are not. Types come from what the worker exports.

/** What a role of the worker offers. */
export type Calls = Record<string, (argument: any) => unknown>;

interface Call {
  id: number;
  name: string;
  argument: unknown;
}
interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}
interface Event {
  event: string;
  data: unknown;
}

/** The worker's side: tells the page. Buffers in `transfer` move there. */
export function emit(event: string, data: unknown, transfer: Transferable[] = []): void {
  postMessage({ event, data } satisfies Event, { transfer });
}

/** The worker's side: answers calls, once its role has been loaded. */
export function serve(loaded: Promise<Calls>): void {
  addEventListener("message", async ({ data: { id, name, argument } }: MessageEvent<Call>) => {
    try {
      const value = await (await loaded)[name]!(argument);
      postMessage({ id, value } satisfies Answer);
    } catch (error) {
      postMessage({ id, error: describe(error) } satisfies Answer);
    }
  });
}

export const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type Result<C extends Calls, K extends keyof C> = Promise<Awaited<ReturnType<C[K]>>>;

/** The page's side of a worker in one of the roles of worker.ts. */
export class Runtime<C extends Calls, E extends object> {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve(value: any): void; reject(error: Error): void }>();
  private readonly listeners = new Map<string, (data: any) => void>();
  private next = 0;

  constructor(role: string) {
    this.worker = new Worker(new URL("../worker.ts", import.meta.url), { type: "module", name: role });
    this.worker.addEventListener("message", ({ data }: MessageEvent<Answer | Event>) => {
      if ("event" in data) return this.listeners.get(data.event)?.(data.data);
      const call = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.error !== undefined) call?.reject(new Error(data.error));
      else call?.resolve(data.value);
    });
    this.worker.addEventListener("error", (event) => {
      this.end(event.message || "its program could not be loaded");
    });
  }

  call<K extends keyof C & string>(name: K, argument?: Parameters<C[K]>[0]): Result<C, K> {
    return new Promise((resolve, reject) => {
      const id = this.next++;
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, name, argument } satisfies Call, []);
    });
  }

  on<K extends keyof E & string>(event: K, listener: (data: E[K]) => void): void {
    this.listeners.set(event, listener);
  }

  /** Stops the worker, whatever it does; calls that wait are rejected. */
  end(reason = "it was stopped"): void {
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(new Error(reason));
    this.waiting.clear();
  }
}
