export const workerd: () => string;
export function startWorkerd(options: {
  main: string;
  more?: Record<string, string>;
  outbound?: string;
}): Promise<{ address: string; process: import("node:child_process").ChildProcess; close(): void }>;
