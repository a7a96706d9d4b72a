// Examples of doc comments as tests: a comment behind an expression, on its line or below, is what it prints.
import { readFileSync, readdirSync } from "node:fs";
import * as torch from "flambeau";

export interface Example {
  /** "bindings/factories.ts:81" */
  place: string;
  code: string;
}

/** The `@example` blocks of a source file. A block ends with its comment or at the next tag. */
function examplesOf(source: string, file: string): Example[] {
  const examples: Example[] = [];
  for (const comment of source.matchAll(/\/\*\*[^]*?\*\//g)) {
    const lines = comment[0]
      .slice(3, -2)
      .split("\n")
      .map((line) => line.replace(/^\s*\* ?/, ""));
    const first = source.slice(0, comment.index).split("\n").length;
    lines.forEach((line, i) => {
      if (!/@example\b/.test(line)) return;
      const rest = lines.slice(i + 1);
      const end = rest.findIndex((next) => /^@\w/.test(next));
      const code = [line.replace(/.*@example ?/, ""), ...rest.slice(0, end < 0 ? rest.length : end)].join("\n").trim();
      examples.push({ place: `${file}:${first + i}`, code });
    });
  }
  return examples;
}

const root = new URL("../../", import.meta.url);

/** Files of TypeScript below a folder. */
function sources(folder: string): string[] {
  return readdirSync(new URL(folder, root), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}${entry.name}`;
    return entry.isDirectory() ? sources(`${path}/`) : path.endsWith(".ts") ? [path] : [];
  });
}

/** What is shown and not run: a network, and files of the reader's own. */
const needsMore = ({ code }: Example) =>
  /https?:|datasets\.\w*MNIST|import\.meta|"[\w./-]+\.(ts|onnx|pt|npy|npz|gz|safetensors|jpg|png|pth)"/.test(code);

export const needsDevice = ({ code }: Example): boolean => code.includes("webgpu");

/** The blocks of JavaScript in a text. */
const blocksOf = (text: string, file: string): Example[] =>
  [...text.matchAll(/^```js\n([^]*?)^```/gm)].map((block) => ({
    place: `${file}:${text.slice(0, block.index).split("\n").length}`,
    code: block[1]!,
  }));

const read = (file: string): string => readFileSync(new URL(file, root), "utf8");
const PAGES = ["docs/differences.md"];

/** The examples of the bindings and of the pages of docs/ that can run. */
export const allExamples = (): Example[] =>
  [
    ...sources("bindings/").flatMap((file) => examplesOf(read(file), file)),
    ...PAGES.flatMap((file) => blocksOf(read(file), file)),
  ].filter((example) => !needsMore(example));

interface Statement {
  code: string;
  /** The comment behind it. */
  expected: string;
}

const depthOf = (code: string): number => {
  const bare = code.replace(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'|`[^`]*`/g, "");
  return (bare.match(/[([{]/g)?.length ?? 0) - (bare.match(/[)\]}]/g)?.length ?? 0);
};

/** Statements end with a semicolon, or before a comment, where all brackets are closed. */
function statementsOf(code: string): Statement[] {
  const statements: Statement[] = [];
  let open = "";
  for (const line of code.split("\n")) {
    const [, text, comment] = /^((?:"[^"]*"|[^"])*?)(?:(?:^|\s)\/\/ ?(.*))?$/.exec(line)!;
    if (text!.trim() !== "") open += `${text}\n`;
    const closed = open !== "" && depthOf(open) === 0 && (/[;}]\s*$/.test(open) || comment !== undefined);
    const last = statements.at(-1);
    if (closed) {
      statements.push({ code: open.trim().replace(/;$/, ""), expected: comment ?? "" });
      open = "";
    } else if (open === "" && comment !== undefined && last) last.expected += ` ${comment}`;
  }
  if (open.trim() !== "") statements.push({ code: open.trim(), expected: "" });
  return statements;
}

const isDeclaration = (code: string) =>
  /^(const|let|var|class|function|for|if|while|using|async function)\b/.test(code);

/** What an example prints for a value: tensors as PyTorch prints them, in one line. */
function show(value: unknown): string {
  const text = (): string => {
    if (value instanceof torch.Tensor || value instanceof torch.nn.Module) return String(value);
    if (typeof value === "string") return JSON.stringify(value);
    if (typeof value === "bigint") return `${value}n`;
    if (Array.isArray(value) || ArrayBuffer.isView(value))
      return `[${Array.from(value as ArrayLike<unknown>, show).join(", ")}]`;
    if (value instanceof Map || value instanceof Set) return `${value.constructor.name}(${show([...value])})`;
    if (value !== null && typeof value === "object") {
      const entries = Object.entries(value).map(([name, item]) => `${name}: ${show(item)}`);
      return entries.length > 0 ? `{ ${entries.join(", ")} }` : "{}";
    }
    return String(value);
  };
  return squeeze(text());
}

/** Without line ends and the blanks that align columns. */
const squeeze = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .replace(/([[(]) /g, "$1")
    .trim();

type Run = (torch: unknown, nn: unknown, optim: unknown, expect: (value: unknown, text: string) => void) => unknown;
const AsyncFunction = (async () => {}).constructor as new (...source: string[]) => Run;

/** What of an example is not so; "throws RuntimeError: …" is an error that starts so. */
async function failuresOf({ code }: Example): Promise<string[]> {
  const failures: string[] = [];
  const expect = (value: unknown, wanted: string) => {
    // behind a call that gives nothing it is no more than a comment
    if (value === undefined && wanted !== "undefined") return;
    const got = show(value);
    if (got !== squeeze(wanted)) failures.push(`got ${got}, want ${squeeze(wanted)}`);
  };
  const lines = statementsOf(code).map(({ code, expected }) => {
    if (expected === "" || isDeclaration(code)) return `${code};`;
    const throws = /^throws (.*)$/s.exec(expected)?.[1];
    if (throws === undefined) return `expect(${code}, ${JSON.stringify(expected)});`;
    return `try { ${code}; expect("nothing", ${JSON.stringify(throws)}); }
      catch (error) { const text = error.name + ": " + error.message;
        if (!text.startsWith(${JSON.stringify(throws)})) expect(text, ${JSON.stringify(throws)}); }`;
  });
  torch.manualSeed(0);
  torch.setPrintOptions({ profile: "default" });
  try {
    const run = new AsyncFunction("torch", "nn", "optim", "expect", lines.join("\n"));
    await run(torch, torch.nn, torch.optim, expect);
  } catch (error) {
    failures.push(String(error));
  }
  return failures;
}

/** What is not so in any of the examples, with their places. */
export async function failuresIn(examples: readonly Example[]): Promise<string[]> {
  const failures: string[] = [];
  for (const example of examples)
    for (const failure of await failuresOf(example)) failures.push(`${example.place}: ${example.code}\n  ${failure}`);
  return failures;
}
