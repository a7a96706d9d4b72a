// Draws FOLDER/*.jsonl as two SVGs, live tensors and wasm memory over steps: node plot.mjs FOLDER
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as echarts from "echarts";

const [folder] = process.argv.slice(2);
const runs = readdirSync(folder)
  .filter((file) => file.endsWith(".jsonl"))
  .map((file) => ({
    name: basename(file, ".jsonl").replace("-", ", "),
    samples: readFileSync(join(folder, file), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line)),
  }))
  .filter((run) => run.samples.length > 0);

function draw(file, title, value) {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: 1000, height: 500 });
  chart.setOption({
    animation: false,
    backgroundColor: "#fff",
    title: { text: title, left: "center" },
    legend: { bottom: 0 },
    grid: { left: 80, right: 30, top: 50, bottom: 70 },
    xAxis: { type: "value", name: "step", nameLocation: "middle", nameGap: 25 },
    yAxis: { type: "value", min: 0 },
    series: runs.map((run) => ({
      name: run.name,
      type: "line",
      symbol: "none",
      data: run.samples.map((s) => [s.step, value(s)]),
    })),
  });
  writeFileSync(join(folder, file), chart.renderToSVGString());
  chart.dispose();
  console.log(join(folder, file));
}

draw("tensors.svg", "Live tensors while training the MLP, nothing disposed", (s) => s.liveTensors);
draw("memory.svg", "Wasm memory in MB while training the MLP, nothing disposed", (s) => s.wasmBytes / 2 ** 20);
