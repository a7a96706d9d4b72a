// The programs whose functions make the core's first part (split.mjs): training and inference in float32.
import { layersAndLosses } from "./layers.ts";
import { models } from "./models.ts";
import { tensors } from "./tensors.ts";
import { training } from "./training.ts";

for (const program of [...tensors, ...layersAndLosses, ...models, ...training]) await program();
