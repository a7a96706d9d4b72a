// What all pages share: head, navigation, footer; and the code that a page shows, taken from the very files that run.
//   <!-- code: src/mnist/worker.ts#step -->   a region of a file, between `// #region step` and `// #endregion`
//   <!-- runtime -->                          what src/lib/status.ts says about the runtime, and errors
//   <!-- device --> <!-- threads -->          its switch between CPU and WebGPU, and the number of threads
//   <!-- progress step: Step; loss: Loss -->  how far a training is, and its numbers, each an output with that id
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { highlight } from "./highlight.ts";

interface Page {
  file: string;
  name: string;
  title: string;
  /** where its own sources lie */
  folder: string;
}

export const PAGES: readonly Page[] = [
  { file: "index.html", name: "Start", title: "flambeau in the browser", folder: "lib" },
  { file: "mnist.html", name: "Digits", title: "Training on handwritten digits", folder: "mnist" },
  { file: "polynomial.html", name: "Polynomial", title: "A polynomial learns the sine", folder: "polynomial" },
  { file: "gpt.html", name: "GPT", title: "A small GPT learns to write", folder: "gpt" },
  { file: "playground.html", name: "Playground", title: "Playground", folder: "playground" },
  { file: "benchmark.html", name: "Benchmark", title: "Benchmark", folder: "benchmark" },
];

const root = fileURLToPath(new URL("..", import.meta.url));

const navigation = (current: Page): string =>
  PAGES.map(
    ({ file, name }) => `<a href="${file}"${file === current.file ? ' aria-current="page"' : ""}>${name}</a>`,
  ).join("\n        ");

const head = (page: Page): string => `
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" href="./favicon.svg" type="image/svg+xml" />
    <title>${page.file === "index.html" ? page.title : `${page.title} · flambeau`}</title>`;

const header = (page: Page): string => `
    <a class="skip" href="#main">Skip to the content</a>
    <header class="site">
      <a class="brand" href="index.html"><img src="./favicon.svg" alt="" width="22" height="22" />flambeau</a>
      <nav aria-label="Pages">
        ${navigation(page)}
      </nav>
    </header>`;

const footer = (page: Page): string => `
    <footer class="site">
      <p>
        Everything runs on this device; nothing is sent anywhere. The source of this page:
        ${sources(page.folder)
          .map((file) => `<a href="source/${file}.txt">${file.slice(file.lastIndexOf("/") + 1)}</a>`)
          .join(", ")}.
      </p>
    </footer>`;

/** All files below src, as src/… */
function sources(folder = ""): string[] {
  const from = join(root, "src", folder);
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();
}

/** A region of a file, with the indentation of its first line taken away. */
function excerpt(file: string, region: string): string {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  const from = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  const to = lines.findIndex((line, i) => i > from && line.trim() === "// #endregion");
  if (from < 0 || to < 0) throw new Error(`${file} has no region ${region}`);
  const indent = lines[from]!.search(/\S/);
  return lines
    .slice(from + 1, to)
    .map((line) => line.slice(indent))
    .join("\n");
}

const PARTS: Record<string, string> = {
  runtime: `
      <p class="runtime" id="runtime" role="status">Loading the runtime …</p>
      <p class="error" id="error" role="alert" hidden></p>`,
  device: `
            <fieldset class="choices">
              <legend class="visually-hidden">Compute on</legend>
              <label class="choice"><input type="radio" name="device" value="cpu" checked />CPU</label>
              <label class="choice"><input type="radio" name="device" value="webgpu" />WebGPU</label>
            </fieldset>`,
  threads: `
            <label class="visually-hidden" for="threads">Threads of the CPU</label>
            <select id="threads" disabled>
              <option>1 thread</option>
            </select>`,
};

/** The bar of a training, its numbers, and the state that it is in. */
function progress(numbers: string): string {
  const entry = (id: string, title: string, value: string): string => `
            <div>
              <dt>${title}</dt>
              <dd><output id="${id}">${value}</output></dd>
            </div>`;
  const entries = numbers.split(";").map((pair) => {
    const [id, title] = pair.split(":", 2) as [string, string];
    return entry(id.trim(), title.trim(), "–");
  });
  return `
          <progress id="progress" max="1" value="0" aria-label="Progress"></progress>
          <dl class="stats">${entries.join("")}${entry("state", "State", "loading")}
          </dl>`;
}

const code = (file: string, region: string): string =>
  `<pre class="code" tabindex="0" aria-label="${file}"><code>${highlight(excerpt(file, region))}</code></pre>`;

export function layout(): Plugin {
  return {
    name: "layout",
    transformIndexHtml: {
      order: "pre",
      handler(html, { path }) {
        const page = PAGES.find(({ file }) => path.endsWith(file)) ?? PAGES[0]!;
        return html
          .replace("<head>", `<head>${head(page)}`)
          .replace("<body>", `<body>${header(page)}`)
          .replace("</body>", `${footer(page)}\n  </body>`)
          .replace(/<!-- (runtime|device|threads) -->/g, (_, name: string) => PARTS[name]!.trimStart())
          .replace(/<!-- progress ([^>]+) -->/g, (_, numbers: string) => progress(numbers).trimStart())
          .replace(/<!-- code: (\S+)#(\S+) -->/g, (_, file: string, region: string) => code(file, region));
      },
    },
    generateBundle() {
      // as text, since servers take .ts for films
      for (const file of sources())
        this.emitFile({ type: "asset", fileName: `source/${file}.txt`, source: readFileSync(join(root, file)) });
    },
  };
}
