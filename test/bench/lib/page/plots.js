// One bar chart a group of rows (speed ÷ the reference's, logarithmic), and one line chart of a row over all runs.
const { runs, workloads } = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const PALETTE = ["#ea580c", "#0d9488", "#7c3aed", "#ca8a04", "#2563eb", "#be185d", "#65a30d", "#78716c"];
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
Chart.defaults.color = dark ? "#a8a29e" : "#57534e";
Chart.defaults.borderColor = dark ? "#44403c" : "#e7e5e4";
Chart.defaults.animation = !matchMedia("(prefers-reduced-motion: reduce)").matches;

const median = (cell) => cell?.[0];
/** How many times as fast as the reference; null when one of them was not timed. */
const speed = (run, system, reference, { id, kind }) => {
  const [mine, theirs] = [median(run.systems[system]?.[id]), median(run.systems[reference]?.[id])];
  if (mine === undefined || theirs === undefined) return null;
  return kind === "rate" ? mine / theirs : theirs / mine;
};
const options = (select, values, chosen) => {
  select.replaceChildren(...values.map((value) => new Option(value.label ?? value, value.value ?? value)));
  if (chosen !== undefined) select.value = chosen;
};
const colour = (system, systems) => PALETTE[systems.indexOf(system) % PALETTE.length];
const scale = { type: "logarithmic", title: { display: true, text: "times the reference's speed" } };

let charts = [];
function drawRun() {
  for (const chart of charts) chart.destroy();
  charts = [];
  const run = runs[Number($("run").value)];
  const reference = $("reference").value;
  const { cpu, cores } = run.machine;
  $("about").textContent = `${run.date.slice(0, 10)}, commit ${run.commit}, ${cpu}, ${cores} cores. Medians.`;
  const systems = Object.keys(run.systems).filter((system) => system !== reference && !system.startsWith("("));
  $("groups").replaceChildren();
  for (const group of new Set(workloads.map((w) => w.group))) {
    const rows = workloads.filter((w) => w.group === group && run.systems[reference]?.[w.id]);
    const shown = systems.filter((system) => rows.some((w) => run.systems[system][w.id]));
    if (rows.length === 0 || shown.length === 0) continue;
    const canvas = document.createElement("canvas");
    canvas.height = 110;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${group}: speed relative to ${reference}`);
    const heading = Object.assign(document.createElement("h2"), { textContent: group });
    const frame = Object.assign(document.createElement("div"), { className: "plot" });
    frame.append(canvas);
    $("groups").append(heading, frame);
    const datasets = shown.map((system) => ({
      label: system,
      data: rows.map((w) => speed(run, system, reference, w)),
      backgroundColor: colour(system, systems),
    }));
    const data = { labels: rows.map((w) => w.id), datasets };
    charts.push(new Chart(canvas, { type: "bar", data, options: { scales: { y: scale } } }));
  }
}

let line;
function drawHistory() {
  line?.destroy();
  const w = workloads.find(({ id }) => id === $("row").value);
  const reference = $("reference").value;
  const systems = [...new Set(runs.flatMap((run) => Object.keys(run.systems)))].filter((s) => s.startsWith("flambeau"));
  const datasets = systems.map((system) => ({
    label: system,
    data: runs.map((run) => speed(run, system, reference, w)),
    borderColor: colour(system, systems),
    spanGaps: true,
  }));
  const labels = runs.map((run) => `${run.date.slice(0, 16).replace("T", " ")} ${run.commit}`);
  line = new Chart($("history"), { type: "line", data: { labels, datasets }, options: { scales: { y: scale } } });
}

function chooseRun() {
  const systems = Object.keys(runs[Number($("run").value)].systems).filter((system) => !system.startsWith("("));
  const before = $("reference").value;
  options($("reference"), systems, systems.includes(before) ? before : systems[0]);
  drawRun();
  drawHistory();
}

options(
  $("run"),
  runs.map((run, i) => ({ label: `${run.date.slice(0, 16).replace("T", " ")} ${run.commit}`, value: String(i) })),
  String(runs.length - 1),
);
options(
  $("row"),
  workloads
    .map(({ id }) => id)
    .filter((id) => runs.some((run) => Object.values(run.systems).some((cells) => cells[id]))),
);
$("run").addEventListener("change", chooseRun);
$("reference").addEventListener("change", () => {
  drawRun();
  drawHistory();
});
$("row").addEventListener("change", drawHistory);
chooseRun();
