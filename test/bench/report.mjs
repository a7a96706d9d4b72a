// Prints the tables of out/results.jsonl (markdown), adds the run to history/ and draws the page of plots, out/index.html.
import { aimsTable } from "./lib/aims.mjs";
import { record } from "./lib/history.mjs";
import { drawPage } from "./lib/page.mjs";
import { readLines, Results, WORKLOADS } from "./lib/results.mjs";
import { kernelTable } from "./lib/roofline.mjs";
import { tables } from "./lib/tables.mjs";

const results = new Results(readLines("results.jsonl"));
const [first, ...rest] = tables(results);
const parts = [first, aimsTable(results), kernelTable(WORKLOADS, results.keys, results.value), ...rest];
console.log(parts.filter(Boolean).join("\n"));
if (!process.argv.includes("--no-history")) console.error(`history: ${record(results)}`);
console.error(`plots: ${drawPage()}`);
