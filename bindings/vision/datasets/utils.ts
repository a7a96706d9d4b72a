/** torch.vision.datasets.utils */
export { downloadUrl, type DownloadUrlOptions } from "./download.ts";
