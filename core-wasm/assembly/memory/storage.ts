// A storage: the bytes that a tensor and its views share, with the version that in-place writes bump.
import { allocate, free } from "./allocator";
import { deviceAllocate, deviceFree } from "../dispatch/backend";
import { Device } from "../dispatch/device";

export let liveStorages: i32 = 0;
/** what the WebGPU device holds for tensors */
export let deviceStorages: i32 = 0;
export let deviceBytes: f64 = 0;
export let devicePeakBytes: f64 = 0;

const STORAGE_SIZE: usize = 32;


@unmanaged
export class Storage {
  refs: i32;
  /** CPU: address. Other devices: the backend's buffer id. */
  data: usize;
  bytes: u32;
  version: i32;
  device: i32;
  flags: i32;

  // @ts-ignore: decorator
  @inline retain(): void {
    this.refs++;
  }

  release(): void {
    if (--this.refs > 0) return;
    if (this.device == Device.Cpu) free(this.data, this.bytes);
    else deviceFree(this.device, this.data, this.bytes);
    if (this.device == Device.WebGpu) {
      deviceStorages--;
      deviceBytes -= <f64>this.bytes;
    }
    liveStorages--;
    free(changetype<usize>(this), STORAGE_SIZE);
  }
}

/** A storage with one reference; its bytes are uninitialised. */
export function newStorage(bytes: u32, device: i32): Storage {
  const data = device == Device.Cpu ? allocate(bytes) : deviceAllocate(device, bytes);
  const storage = changetype<Storage>(allocate(STORAGE_SIZE));
  storage.refs = 1;
  storage.data = data;
  storage.bytes = bytes;
  storage.version = 0;
  storage.device = device;
  storage.flags = 0;
  liveStorages++;
  if (device == Device.WebGpu) {
    deviceStorages++;
    deviceBytes += <f64>bytes;
    devicePeakBytes = max(devicePeakBytes, deviceBytes);
  }
  return storage;
}
