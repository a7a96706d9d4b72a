// Many requests at a time.
import { Agent, request } from "node:http";
import type { Post } from "./digits.ts";

export interface LoadResult {
  /** what was wrong, by how often */
  errors: Record<string, number>;
  seconds: number;
  /** of each request, in ms, ascending */
  latencies: number[];
  perSecond: number;
  p50: number;
  p99: number;
}

export interface LoadOptions {
  count: number;
  concurrency: number;
  /** says what is wrong with the answer to post `i`, or undefined */
  check: (i: number, status: number, body: string) => string | undefined;
}

/** Posts `posts[i % posts.length]` for every i below `count`, always `concurrency` of them at a time. */
export async function load(url: string, posts: readonly Post[], options: LoadOptions): Promise<LoadResult> {
  const { count, concurrency, check } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const errors: Record<string, number> = {};
  const latencies: number[] = [];
  let next = 0;
  const client = async () => {
    for (let i = next++; i < count; i = next++) {
      const begin = performance.now();
      const wrong = await post(url, posts[i % posts.length]!, agent).then(
        ({ status, body }) => check(i % posts.length, status, body),
        (error) => String(error),
      );
      latencies.push(performance.now() - begin);
      if (wrong !== undefined) errors[wrong] = (errors[wrong] ?? 0) + 1;
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: concurrency }, client));
  const seconds = (performance.now() - begin) / 1000;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const quantile = (share: number) => latencies[Math.ceil(share * latencies.length) - 1]!;
  return { errors, seconds, latencies, perSecond: count / seconds, p50: quantile(0.5), p99: quantile(0.99) };
}

function post(url: string, { type, body }: Post, agent: Agent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": type, "content-length": Buffer.byteLength(body) };
    const outgoing = request(`${url}/classify`, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode!, body: text }));
      response.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
