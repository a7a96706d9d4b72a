// The playground, by clicks: every example, an endless loop, mistakes, a link.
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { type Visitor, inBrowsers } from "./visitor.ts";

const output = (visitor: Visitor): Promise<string> => visitor.text("output");
const state = (visitor: Visitor): Promise<string> => visitor.text("state");
const ended = (visitor: Visitor): Promise<string> =>
  visitor.until(
    () => state(visitor),
    (text) => /^(done|failed)/.test(text),
    60,
  );

/** A page that holds a program, as a link opens it. */
const link = (code: string): string => `playground.html#code=${deflateRawSync(code).toString("base64url")}`;

/** What each example shows when all is well, and how many plots and pictures. */
const EXAMPLES: Record<string, { shows: RegExp; figures: number }> = {
  views: { shows: /first column through a view: \[-1, -1, -1\][\s\S]*strides \[4, 1\]/, figures: 0 },
  autograd: { shows: /f = -4\ndf\/dx, df\/dy, df\/dz = -2 -2 2/, figures: 1 },
  // PyTorch's own figures for seed 0
  polynomial: { shows: /99 3238\.30[\s\S]*y = 0\.0586\d\d \+ 0\.8372\d\d x/, figures: 1 },
  spirals: { shows: /Sequential\([\s\S]*accuracy: (1|0\.9\d+)$/, figures: 2 },
  losses: { shows: /crossEntropy = tensor\(2\.0404\)/, figures: 1 },
  linalg: { shows: /rank 16: \d\.\d % is missing[\s\S]*coefficients tensor\(\[/, figures: 6 },
  fourier: { shows: /error before tensor\(0\.[56]\d+\) after tensor\(0\.[012]\d+\)/, figures: 2 },
  device: { shows: /(There is no WebGPU here|webgpu)[\s\S]*reservedBytes/, figures: 0 },
};

inBrowsers((site) => {
  test("runs every example", async () => {
    const visitor = await site.visit("playground.html");
    const names: string[] = await visitor.page.$$eval("#example option", (options: HTMLOptionElement[]) =>
      options.map((option) => option.value),
    );
    expect(names).toEqual(Object.keys(EXAMPLES));
    for (const name of names) {
      await visitor.page.waitForSelector("#run:not(:disabled)");
      await visitor.page.select("#example", name);
      await visitor.click("#run");
      expect(await ended(visitor), `${name}: ${await output(visitor)}`).toMatch(/^done/);
      const text = await visitor.page.$$eval("#output pre", (lines: Element[]) =>
        lines.map((line) => line.textContent).join("\n"),
      );
      expect(text, name).toMatch(EXAMPLES[name]!.shows);
      expect(await visitor.page.$$eval("#output canvas", (all: Element[]) => all.length), name).toBe(EXAMPLES[name]!.figures); // prettier-ignore
      if (name === "spirals") await visitor.screenshots("playground");
    }
    await visitor.close();
  });

  test("stops an endless loop, and goes on", async () => {
    const visitor = await site.visit(link('print("begun");\nfor (;;) ;\n'));
    await visitor.click("#run");
    await visitor.until(
      () => output(visitor),
      (text) => text === "begun",
    );
    await visitor.click("#stop");
    expect(await state(visitor)).toBe("stopped");
    await visitor.page.select("#example", "losses");
    await visitor.click("#run");
    expect(await ended(visitor), await output(visitor)).toMatch(/^done/);
    await visitor.close();
  });

  test.each([
    [
      'import * as torch from "flambeau";\nconst a = torch.ones([2, 3]);\n\na.matmul(torch.ones([2, 3]));\n',
      /^line 4: RuntimeError: mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\)$/,
    ],
    ["const a = 1;\nlet = = 2;\n", /^line 2: SyntaxError/],
  ])("tells the line of a mistake", async (code, message) => {
    const visitor = await site.visit(link(code));
    await visitor.click("#run");
    expect(await ended(visitor)).toMatch(/^failed/);
    expect(await output(visitor)).toMatch(message);
    await visitor.close();
  });

  test("shares a program by its address, and is used by the keyboard", async () => {
    const visitor = await site.visit("playground.html#losses");
    await visitor.click("#share");
    const address: string = await visitor.until(
      () => visitor.page.evaluate(() => location.hash),
      (hash) => hash.startsWith("#code="),
    );
    const packed = Buffer.from(address.slice(6), "base64url");
    expect(inflateRawSync(packed).toString()).toContain("F.crossEntropy(logits, target)");

    const { keyboard } = visitor.page;
    await visitor.click(".cm-content");
    await keyboard.down("Control");
    await keyboard.press("a");
    await keyboard.up("Control");
    await keyboard.type("print(6 * 7)");
    await keyboard.down("Control");
    await keyboard.press("Enter");
    await keyboard.up("Control");
    await ended(visitor);
    expect(await output(visitor)).toBe("42");
    await keyboard.press("Escape");
    await keyboard.press("Tab");
    expect(await visitor.page.evaluate(() => document.activeElement!.outerHTML.slice(0, 80))).toContain('id="output"');
    await visitor.close();
  });
});
