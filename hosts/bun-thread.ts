import "./bun.ts";
import { serveParent } from "./system-thread.ts";

serveParent();
