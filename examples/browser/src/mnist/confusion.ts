// The table of digits against what they were taken for.
import { count, make } from "../lib/dom.ts";

const DIGITS = Array.from({ length: 10 }, (_, i) => i);

export class Confusion {
  private readonly cells: HTMLTableCellElement[][];

  constructor(place: HTMLElement) {
    this.cells = DIGITS.map(() => DIGITS.map(() => make("td", { text: "·" })));
    const head = (text: string | number, scope: string): HTMLElement => make("th", { text, scope });
    place.append(
      make(
        "table",
        { class: "confusion" },
        make("caption", { class: "visually-hidden", text: "Test images by digit and by what they were taken for" }),
        make("thead", {}, make("tr", {}, make("td"), ...DIGITS.map((d) => head(d, "col")))),
        make("tbody", {}, ...DIGITS.map((d) => make("tr", {}, head(d, "row"), ...this.cells[d]!))),
      ),
    );
  }

  show(counts: readonly (readonly number[])[]): void {
    counts.forEach((row, digit) => {
      const total = Math.max(
        1,
        row.reduce((a, b) => a + b, 0),
      );
      row.forEach((n, taken) => {
        const cell = this.cells[digit]![taken]!;
        cell.textContent = n === 0 ? "·" : count(n);
        cell.className = digit === taken ? "right" : "wrong";
        // a few mistakes are to be seen, too
        cell.style.setProperty("--share", String(Math.sqrt(n / total)));
        cell.title = `${count(n)} of ${count(total)} images of ${digit} taken for ${taken}`;
      });
    });
  }
}
