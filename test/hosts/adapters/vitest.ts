export { test } from "vitest";
