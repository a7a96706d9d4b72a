// The page of the digits, by clicks.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Visitor, inBrowsers } from "./visitor.ts";

/** The bytes that a click on Download would put into the folder of downloads. */
async function download(visitor: Visitor): Promise<Buffer> {
  await visitor.page.evaluate(() => {
    HTMLAnchorElement.prototype.click = function () {
      void fetch(this.href)
        .then((response) => response.bytes?.() ?? response.arrayBuffer().then((buffer) => new Uint8Array(buffer)))
        .then((bytes) => (document.body.dataset["downloaded"] = btoa(String.fromCharCode(...bytes))));
    };
  });
  await visitor.click("#download");
  const read = (): Promise<string> => visitor.page.evaluate(() => document.body.dataset["downloaded"] ?? "");
  return Buffer.from(await visitor.until(read, (text) => text !== ""), "base64");
}

/** Draws with the mouse along points of the canvas, from 0 to 1. */
async function draw(visitor: Visitor, points: readonly (readonly [number, number])[]): Promise<void> {
  const canvas = await visitor.page.$("#paper");
  await canvas.scrollIntoView();
  const { x, y, width, height } = await canvas.boundingBox();
  const { mouse } = visitor.page;
  for (const [i, [px, py]] of points.entries()) {
    await mouse.move(x + px * width, y + py * height, { steps: i === 0 ? 1 : 5 });
    if (i === 0) await mouse.down();
  }
  await mouse.up();
}

const ONE = [[0.5, 0.15], [0.5, 0.85]] as const; // prettier-ignore
const SEVEN = [[0.25, 0.2], [0.75, 0.2], [0.4, 0.85]] as const; // prettier-ignore
const SHORT = "mnist.html?epochs=6&images=6400";

inBrowsers((site) => {
  test("trains, holds, goes on, reads what is drawn, and gives and takes weights", async () => {
    const visitor = await site.visit(SHORT);
    await visitor.pauseAt(25);
    // what was under way may still come
    await new Promise((wait) => setTimeout(wait, 500));
    const held = await visitor.number("step");
    const early = await visitor.number("loss");
    await new Promise((wait) => setTimeout(wait, 500));
    expect(await visitor.number("step")).toBe(held);

    await visitor.click("#train");
    await visitor.until(
      () => visitor.text("state"),
      (state) => state === "done",
    );
    expect(await visitor.number("step")).toBe(600);
    expect(await visitor.number("loss")).toBeLessThan(early);
    const accuracy = await visitor.until(
      () => visitor.number("accuracy"),
      (percent) => percent > 80,
    );

    await draw(visitor, ONE);
    await visitor.until(
      () => visitor.text("verdict"),
      (digit) => digit === "1",
    );
    await visitor.click("#clear");
    await draw(visitor, SEVEN);
    await visitor.until(
      () => visitor.text("verdict"),
      (digit) => digit === "7",
    );
    await visitor.screenshots("mnist");

    const folder = mkdtempSync(join(tmpdir(), "flambeau-pages-"));
    try {
      const file = join(folder, "weights.safetensors");
      const bytes = await download(visitor);
      expect(bytes.length).toBeGreaterThan(4 * 9098);
      writeFileSync(file, bytes);
      const broken = join(folder, "broken.safetensors");
      writeFileSync(broken, bytes.subarray(0, 1000));

      await visitor.click("#reset");
      await visitor.until(
        () => visitor.text("accuracy"),
        (text) => text === "–",
      );
      const input = await visitor.page.$("#upload");
      await input.uploadFile(broken);
      await visitor.until(
        () => visitor.text("weightsNote"),
        (note) => note.startsWith("broken.safetensors cannot be used"),
      );
      await input.uploadFile(file);
      await visitor.until(
        () => visitor.number("accuracy"),
        (percent) => percent === accuracy,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    await visitor.close();
  });
});
