// What every example shares: running as a program, and printing.

/** Runs `main` if the module was started as a program rather than imported. */
export function runAsProgram(meta: ImportMeta, main: () => unknown): void {
  const started = (meta as { main?: boolean }).main ?? isNodeProgram(meta.url);
  if (started) void main();
}

function isNodeProgram(url: string): boolean {
  const script = globalThis.process?.argv[1];
  return script !== undefined && decodeURI(new URL(url).pathname) === script;
}

/** The value of `--name value` or `--name=value` on the command line. */
export function option(name: string): string | undefined {
  const args = commandLine();
  const i = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (i < 0) return undefined;
  return args[i]!.includes("=") ? args[i]!.slice(args[i]!.indexOf("=") + 1) : args[i + 1];
}

/** The arguments behind the script's name. */
export function commandLine(): string[] {
  return (globalThis.process?.argv ?? []).slice(2);
}

/** The number of `--name value`, or the default. @throws Error for what is no number */
export function numberOption(name: string, preset: number): number {
  const text = option(name);
  const value = Number(text ?? preset);
  if (text?.trim() === "" || Number.isNaN(value)) throw new Error(`--${name} ${text}: a number is expected`);
  return value;
}

/** The arguments that are neither options nor their values. */
export function operands(): string[] {
  const args = commandLine();
  const isOption = (arg: string | undefined) => arg !== undefined && arg.startsWith("--");
  return args.filter((arg, i) => !isOption(arg) && !(isOption(args[i - 1]) && !args[i - 1]!.includes("=")));
}
