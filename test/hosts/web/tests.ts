// The tests of hosts that pages and workerd can run, too.
import { runTests } from "../adapters/web.ts";
import "../threads.test.ts";
import "../transfer.test.ts";

await runTests();
