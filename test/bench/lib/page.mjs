// The page of plots, out/index.html: one file with its data and its plotting library inside.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { ROOT } from "./harness.mjs";
import { runs } from "./history.mjs";
import { WORKLOADS } from "./results.mjs";

/** Draws every run in history/ and returns the page's path. */
export function drawPage() {
  const library = path.join(path.dirname(createRequire(import.meta.url).resolve("chart.js")), "chart.umd.min.js");
  const data = { runs: runs(), workloads: WORKLOADS.map(({ id, group, kind, unit }) => ({ id, group, kind, unit })) };
  const parts = {
    LIBRARY: fs.readFileSync(library, "utf8").replace(/\/\/# sourceMappingURL=.*/, ""),
    DATA: JSON.stringify(data).replaceAll("<", "\\u003c"),
    PROGRAM: fs.readFileSync(path.join(ROOT, "lib/page/plots.js"), "utf8"),
    STYLE: fs.readFileSync(path.join(ROOT, "lib/page/style.css"), "utf8"),
  };
  const template = fs.readFileSync(path.join(ROOT, "lib/page/template.html"), "utf8");
  const page = template.replace(/\/\*([A-Z]+)\*\//g, (_, name) => parts[name]);
  const file = path.join(ROOT, "out/index.html");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, page);
  return "out/index.html";
}
