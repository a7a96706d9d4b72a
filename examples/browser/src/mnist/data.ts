// The images of MNIST, which lie beside the pages, as datasets.
import * as torch from "flambeau";

const { MNIST } = torch.vision.datasets;
const { TensorDataset } = torch.utils.data;

/** Where the files are: beside the pages. */
const folder = (base: string): string => new URL("mnist/", base).href;

/** Fetches a gzipped file and unpacks it; `report` hears the bytes that came. */
async function fetchFile(url: string, report: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        report(chunk.length);
        controller.enqueue(chunk);
      },
    }),
  );
  // some servers say that the file's own compression is the transport's, and browsers take it away
  const packed = response.headers.get("content-encoding") === null;
  const stream = packed ? counted.pipeThrough(new DecompressionStream("gzip")) : counted;
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export interface Split {
  /** uint8 [N, 28, 28] and int64 [N] */
  dataset: torch.utils.data.TensorDataset;
  images: torch.Tensor;
  labels: torch.Tensor;
}

/** One of the two splits, or its first `limit` images. */
export async function digits(
  base: string,
  part: "train" | "test",
  limit: number,
  report: (bytes: number) => void,
): Promise<Split> {
  const prefix = folder(base) + (part === "train" ? "train" : "t10k");
  const [images, labels] = await Promise.all([
    fetchFile(`${prefix}-images-idx3-ubyte.gz`, report),
    fetchFile(`${prefix}-labels-idx1-ubyte.gz`, report),
  ]);
  const all = new MNIST("", { train: part === "train" }, { images, labels });
  const [data, targets] = [all.data, all.targets].map((t) => t.narrow(0, 0, Math.min(limit, t.shape[0]!)));
  return { dataset: new TensorDataset(data!, targets!), images: data!, labels: targets! };
}

/** Bytes 0 to 255 [N, 28, 28] to what the network takes: float32 [N, 1, 28, 28] with mean 0 and deviation 1 over the dataset. */
export function normalized(images: torch.Tensor, device: torch.Device): torch.Tensor {
  return images.to(device).to("float32").div(255).sub(0.1307).div(0.3081).unsqueeze(1);
}
