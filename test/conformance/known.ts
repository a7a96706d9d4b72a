// Cases of the vectors that cannot pass, by name: known-faults.json has the reason of each.
import type { Host } from "./host.ts";

interface KnownFault {
  /** "core/unique#14", "promotion/factories tensor(1)" */
  case: string;
  /** Where it fails; absent: everywhere. */
  device?: string;
  /** Whose it is: PyTorch 1.13's own, of the language, or of the device. */
  fault: "PyTorch" | "language" | "device";
  reason: string;
}

const FILE = "test/conformance/known-faults.json";

/** Name of a case: ids of op files hold the op's name, others stand behind it. */
export const caseName = (category: string, op: string, id: string) =>
  id.includes("#") ? `${category}/${id}` : `${category}/${op} ${id}`;

export class KnownFaults {
  private readonly device: string;
  private readonly faults: Map<string, KnownFault>;
  private readonly failed = new Set<string>();
  private readonly passed = new Set<string>();

  private constructor(device: string, faults: KnownFault[]) {
    this.device = device;
    this.faults = new Map(faults.map((fault) => [fault.case, fault]));
  }

  static async read(host: Host, device: string): Promise<KnownFaults> {
    const bytes = await host.read(FILE);
    const listed: KnownFault[] = bytes ? JSON.parse(new TextDecoder().decode(bytes)) : [];
    return new KnownFaults(
      device,
      listed.filter((fault) => (fault.device ?? device) === device),
    );
  }

  /** Takes note of how a case ended; true if it failed and is listed. */
  excuse(name: string, failed: boolean): boolean {
    if (!this.faults.has(name)) return false;
    (failed ? this.failed : this.passed).add(name);
    return failed;
  }

  get count(): number {
    return this.failed.size;
  }

  /**
   * Listed cases of the categories that pass, or that did not run although all have. What a device makes of NaN is its driver's
   * choice, so that it may share one of PyTorch's faults.
   */
  stale(categories: readonly string[], all: boolean): string[] {
    const listed = [...this.faults.keys()].filter((name) => categories.some((item) => name.startsWith(`${item}/`)));
    return listed.flatMap((name) => {
      const { fault } = this.faults.get(name)!;
      if (this.passed.has(name))
        return this.device !== "cpu" && fault === "PyTorch" ? [] : [`${name} is listed in ${FILE} and passes`];
      return all && !this.failed.has(name) ? [`${name} is listed in ${FILE} and is no case`] : [];
    });
  }

  print(host: Host): void {
    for (const name of this.failed) {
      const { fault, reason } = this.faults.get(name)!;
      host.print(`KNOWN ${name}, ${fault === "PyTorch" ? "PyTorch's" : `of the ${fault}`}: ${reason}`);
    }
  }
}
