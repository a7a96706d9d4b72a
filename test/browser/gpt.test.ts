// The page of the GPT, by clicks.
import { expect, test } from "vitest";
import { inBrowsers } from "./visitor.ts";

const SMALL = "gpt.html?steps=400&width=32&layers=2&context=32&batch=8&every=200";
/** Nats a character, of one who knows how often each comes and nothing else; at first the network is at 4.1. */
const LETTER_COUNTS = 3.1;

inBrowsers((site) => {
  test("a GPT's loss falls, its text changes, and it writes from a prompt when asked", async () => {
    const visitor = await site.visit(SMALL);
    await visitor.pauseAt(4);
    const noise = await visitor.text("text");
    await visitor.click("#train");
    await visitor.until(
      () => visitor.text("state"),
      (state) => state === "done",
    );
    expect(await visitor.number("loss")).toBeLessThan(LETTER_COUNTS);
    expect(await visitor.number("heldOut")).toBeLessThan(LETTER_COUNTS);
    expect(await visitor.text("text")).not.toBe(noise);
    expect(await visitor.page.$$eval("#earlier li p", (texts: unknown[]) => texts.length)).toBe(2);

    await visitor.page.$eval("#prompt", (input: HTMLInputElement) => (input.value = ""));
    await visitor.page.type("#prompt", "O thou");
    await visitor.click("#write");
    await visitor.until(
      () => visitor.text("text"),
      (text) => text.startsWith("O thou") && text.length > 200,
    );
    await visitor.screenshots("gpt");
    await visitor.close();
  });
});
