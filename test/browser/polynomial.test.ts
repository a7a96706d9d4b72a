// The page of the polynomial, by clicks.
import { expect, test } from "vitest";
import { inBrowsers } from "./visitor.ts";

inBrowsers((site) => {
  test("a polynomial comes near the sine, may be held, and begins anew", async () => {
    const visitor = await site.visit("polynomial.html");
    const speed = async (key: string, steps: string): Promise<void> => {
      await visitor.page.focus("#speed");
      await visitor.page.keyboard.press(key);
      expect(await visitor.text("speedText")).toBe(steps);
    };
    await speed("Home", "1");
    await visitor.pauseAt(2);
    await speed("End", "100");
    await visitor.click("#train");
    await visitor.until(
      () => visitor.text("state"),
      (state) => state === "done",
    );
    // what examples/polynomial.ts prints for the same seed
    expect(await visitor.number("step")).toBe(2000);
    expect(await visitor.number("loss")).toBeCloseTo(12.287, 2);
    const coefficients = await Promise.all(["a", "b", "c", "d"].map((name) => visitor.number(name)));
    for (const [i, want] of [0.0586, 0.8372, -0.0101, -0.0906].entries()) expect(coefficients[i]).toBeCloseTo(want, 3);
    await visitor.screenshots("polynomial");

    await visitor.click("#reset");
    await visitor.until(
      () => visitor.text("state"),
      (state) => state === "ready",
    );
    expect(await visitor.number("step")).toBe(0);
    await visitor.close();
  });
});
