import "./deno.ts";
import { serveParent } from "./system-thread.ts";

serveParent();
