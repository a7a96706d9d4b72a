import { test } from "#test";
import assert from "node:assert/strict";
import { allExamples, failuresIn, needsDevice } from "./doctest.ts";

test("the examples of the doc comments give what they say", async () => {
  const examples = allExamples().filter((example) => !needsDevice(example));
  assert.ok(examples.length > 1000);
  assert.deepEqual(await failuresIn(examples), []);
});
