import type { Server } from "node:http";
/** Serves the browser demos; port 0 is any that is free, and a plain server does not isolate its pages. */
export function serve(port: number, options?: { plain?: boolean }): Promise<Server>;
