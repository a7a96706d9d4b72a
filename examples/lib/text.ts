// Text for the language models, from files.
import { readFileSync } from "node:fs";

export { Characters, draw, frequencyLoss, type Sampling } from "./characters.ts";

/** The first 36 of Shakespeare's sonnets. */
export const sonnets = decodeURI(new URL("../data/sonnets.txt", import.meta.url).pathname);

export const readText = (file: string): string => readFileSync(file, "utf8").replaceAll("\r\n", "\n");
