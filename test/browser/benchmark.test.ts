// The page of the benchmark, by clicks, with small sizes.
import { expect, test } from "vitest";
import { inBrowsers } from "./visitor.ts";

const ROWS = 8;

inBrowsers((site) => {
  test("every row of the table has times or the reason why it has none, and can be copied", async () => {
    const visitor = await site.visit("benchmark.html?size=64&seconds=0.02&patience=15");
    const { page } = visitor;
    await page.waitForSelector("#run:not(:disabled)");
    // on the software adapter the others compile for half a minute
    for (const row of [6, 7, 8]) {
      const box = await page.$(`#rows tr:nth-child(${row}) input`);
      if (await box.evaluate((input: HTMLInputElement) => input.checked)) await box.click();
    }
    await visitor.click("#run");
    await visitor.until(
      () => visitor.text("state"),
      (state) => state === "done",
      300,
    );
    const table: string[][] = await page.$$eval("#rows tr", (rows: HTMLTableRowElement[]) =>
      rows.map((row) => [...row.cells].map((cell) => cell.textContent!.trim())),
    );
    expect(table).toHaveLength(ROWS);
    const isTime = (text: string): boolean => /^\d+(\.\d+)?$/.test(text);
    const [flambeau, jax, tfjs, ort, flambeauGpu] = table as [string[], string[], string[], string[], string[]];
    expect(flambeau.slice(1).every(isTime), flambeau.join(" ")).toBe(true);
    // jax-js hangs in some runs, in Firefox: the page tries once more, and says so
    const isAnswer = (text: string): boolean => isTime(text) || text.includes("it took more than 15 s");
    for (const row of [jax, tfjs]) expect(row.slice(1).every(isAnswer), row.join(" ")).toBe(true);
    expect(ort.slice(1).map(isTime), ort.join(" ")).toEqual([true, true, false]);
    expect(ort[3]).toBe("it does not train");
    if (visitor.browser === "chromium") expect(flambeauGpu.slice(1).every(isTime), flambeauGpu.join(" ")).toBe(true);

    await visitor.click("#copy");
    const copied = await visitor.until(
      () => page.$eval("#markdown", (box: HTMLTextAreaElement) => box.value),
      (text: string) => text !== "",
    );
    expect(copied).toContain("| --- | --: | --: | --: |");
    expect(copied).toContain(`| ${flambeau[1]} | ${flambeau[2]} | ${flambeau[3]} |`);
    await visitor.screenshots("benchmark");
    await visitor.close();
  });

  test("a run can be stopped in the middle, and begun again", async () => {
    const visitor = await site.visit("benchmark.html?size=64&seconds=5");
    const { page } = visitor;
    const first = (): Promise<string> => page.$eval("#rows td", (cell: HTMLElement) => cell.textContent!);
    const running = (text: string): boolean => text === "running …";
    await visitor.click("#run");
    await visitor.until(first, running);
    await visitor.click("#run");
    await visitor.until(
      () => visitor.text("state"),
      (state) => state === "stopped",
    );
    expect(await first()).toBe("stopped");
    await visitor.click("#run");
    await visitor.until(first, running);
    await visitor.click("#run");
    await visitor.until(
      () => visitor.text("state"),
      (state) => state === "stopped",
    );
    await visitor.close();
  });
});
