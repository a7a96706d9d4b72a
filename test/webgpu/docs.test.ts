import { test } from "#test";
import assert from "node:assert/strict";
import { allExamples, failuresIn, needsDevice } from "../hosts/doctest.ts";
import { start } from "./lib.ts";

test("the examples of the doc comments that need the WebGPU device give what they say", async () => {
  await start();
  const examples = allExamples().filter(needsDevice);
  assert.ok(examples.length > 5);
  assert.deepEqual(await failuresIn(examples), []);
});
