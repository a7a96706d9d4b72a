// The playground's page: the editor, the buttons, and what the worker shows.
import { Runtime, describe } from "../lib/channel.ts";
import { byId, fail } from "../lib/dom.ts";
import { start } from "../lib/status.ts";
import { Editor } from "./editor.ts";
import { Output } from "./output.ts";
import { fromHash, toHash } from "./share.ts";
import type { Events, PlaygroundCalls } from "./worker.ts";

/** The programs by name, in the order of their files' numbers; the first line of each is its title. */
const PROGRAMS = Object.entries(
  import.meta.glob<string>("./programs/*.js", { query: "?raw", import: "default", eager: true }),
).map(([path, text]) => ({ name: /\d+-(.*)\.js$/.exec(path)![1]!, title: text.split("\n", 1)[0]!.slice(3), text }));

const [run, stop, share] = ["run", "stop", "share"].map((id) => byId<HTMLButtonElement>(id)) as [
  HTMLButtonElement,
  HTMLButtonElement,
  HTMLButtonElement,
];
const select = byId<HTMLSelectElement>("example");
const output = new Output(byId("output"));
/** Programs as they were left, when another was chosen. */
const kept = new Map<string, string>();
let chosen = "";
let running = false;
let runtime: Runtime<PlaygroundCalls, Events>;

const editor = new Editor(byId("editor"), { run: () => void execute(), changed: () => editor.mark() });

function open(): Runtime<PlaygroundCalls, Events> {
  const opened = new Runtime<PlaygroundCalls, Events>("playground");
  opened.on("line", (line) => output.line(line));
  opened.on("plot", (curves) => output.plot(curves));
  opened.on("image", (picture) => output.image(picture));
  return opened;
}

function enter(now: boolean, state: string): void {
  running = now;
  run.disabled = now;
  stop.disabled = !now;
  byId("state").textContent = state;
}

async function execute(): Promise<void> {
  if (running || run.disabled) return;
  fail("");
  output.clear();
  editor.mark();
  enter(true, "running");
  const began = performance.now();
  const mine = runtime;
  try {
    const failure = await mine.call("run", editor.text);
    if (failure !== null) {
      const line = failure.line ?? (failure.syntax ? editor.brokenLine() : undefined);
      output.line(line === undefined ? failure.message : `line ${line}: ${failure.message}`, "failure");
      editor.mark(line, failure.message);
    }
    const seconds = (performance.now() - began) / 1000;
    enter(false, `${failure === null ? "done" : "failed"} after ${seconds.toFixed(seconds < 10 ? 2 : 0)} s`);
  } catch (error) {
    if (mine !== runtime) return;
    output.line(describe(error), "failure");
    enter(false, "failed");
    runtime = open();
  }
}

function choose(name: string): void {
  if (chosen !== "") kept.set(chosen, editor.text);
  chosen = name;
  select.value = name;
  editor.text = kept.get(name) ?? PROGRAMS.find((program) => program.name === name)!.text;
}

run.addEventListener("click", () => void execute());
stop.addEventListener("click", () => {
  runtime.end();
  runtime = open();
  output.line("stopped", "note");
  enter(false, "stopped");
});
share.addEventListener("click", async () => {
  location.hash = await toHash(editor.text);
  try {
    await navigator.clipboard.writeText(location.href);
    share.textContent = "Copied";
  } catch {
    share.textContent = "See the address";
  }
  setTimeout(() => (share.textContent = "Copy link"), 2000);
});
select.addEventListener("change", () => {
  history.replaceState(null, "", `#${select.value}`);
  choose(select.value);
});

async function begin(): Promise<void> {
  select.replaceChildren(...PROGRAMS.map(({ name, title }) => new Option(title, name)));
  const shared = await fromHash(location.hash);
  if (shared !== undefined) {
    select.prepend(new Option("From the link", "link"));
    kept.set("link", shared);
    choose("link");
  } else {
    const wanted = location.hash.slice(1);
    choose(PROGRAMS.some(({ name }) => name === wanted) ? wanted : PROGRAMS[0]!.name);
  }
  runtime = open();
  await start(runtime);
  editor.offer(await runtime.call("names"));
  enter(false, "ready");
}

begin().catch((error: unknown) => fail(`The page could not start: ${describe(error)}`));
