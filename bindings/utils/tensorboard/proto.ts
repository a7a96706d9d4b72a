// Protocol buffers, as far as TensorBoard's events need them, and the records that hold them in event files
// (tensorflow/core/util/event.proto, tensorflow/core/lib/io/record_writer.h).

const utf8 = new TextEncoder();

/** A message under construction: each method appends a field. */
export class Message {
  private readonly bytes: number[] = [];

  private varint(value: number | bigint): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.bytes.push(Number(rest));
  }
  private fixed(field: number, wire: number, view: DataView): this {
    this.varint((field << 3) | wire);
    this.bytes.push(...new Uint8Array(view.buffer));
    return this;
  }
  int(field: number, value: number | bigint): this {
    this.varint(field << 3);
    this.varint(value);
    return this;
  }
  double(field: number, value: number): this {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value, true);
    return this.fixed(field, 1, view);
  }
  float(field: number, value: number): this {
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, value, true);
    return this.fixed(field, 5, view);
  }
  data(field: number, value: string | Uint8Array | Message): this {
    const bytes = value instanceof Message ? value.bytes : typeof value === "string" ? utf8.encode(value) : value;
    this.varint((field << 3) | 2);
    this.varint(bytes.length);
    // no spread: an image has more bytes than a call takes arguments
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }
  /** A packed list of doubles. */
  doubles(field: number, values: readonly number[]): this {
    return this.data(field, new Uint8Array(Float64Array.from(values).buffer));
  }
  finish(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

const TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C (Castagnoli). */
export function crc32c(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255]!;
  return ~crc >>> 0;
}

/** The checksum rotated and shifted, so that one of bytes which hold checksums is still good. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Length, its checksum, the data, its checksum. */
export function record(data: Uint8Array): Uint8Array {
  const result = new Uint8Array(data.length + 16);
  const view = new DataView(result.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(result.subarray(0, 8)), true);
  result.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return result;
}
