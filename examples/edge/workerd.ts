// Cloudflare Workers, and workerd by itself. README.md says how it is bundled.
import weights from "./model/mnist.safetensors";
import { digitService } from "./service.ts";

// Loaded while the isolate starts: no request waits for it.
export default { fetch: await digitService(weights) };
