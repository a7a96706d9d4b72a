import "./node.ts";
import { serveParent } from "./system-thread.ts";

serveParent();
