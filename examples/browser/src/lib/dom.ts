// Small helpers for the pages' elements.

/** The element of an id, which the page has. */
export function byId<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as unknown as T;
}

/** A new element with attributes and children; the attribute `text` is its text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number> = {},
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = String(value);
    else element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** A number from the page's address, such as `?images=6000`, or what there is without it. */
export function parameter(name: string, preset: number): number {
  const value = Number(new URLSearchParams(location.search).get(name) ?? preset);
  return Number.isFinite(value) && value > 0 ? value : preset;
}

/** The value of a custom property of the style sheet, which changes with the colour scheme. */
export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export const calm = matchMedia("(prefers-reduced-motion: reduce)");
export const dark = matchMedia("(prefers-color-scheme: dark)");

/** Runs a function with the newest argument at the next frame, or less often where motion is to be reduced. */
export function eachFrame<T>(draw: (value: T) => void): (value: T) => void {
  let latest: T;
  let waiting = false;
  return (value) => {
    latest = value;
    if (waiting) return;
    waiting = true;
    const run = (): void => {
      waiting = false;
      draw(latest);
    };
    if (calm.matches || document.hidden) setTimeout(run, 500);
    else requestAnimationFrame(run);
  };
}

const counted = new Intl.NumberFormat("en");
export const count = (n: number): string => counted.format(Math.round(n));

/** Shows what went wrong where the visitor looks, until something else does. */
export function fail(message: string): void {
  const box = byId("error");
  box.textContent = message;
  box.hidden = message === "";
}
