// The checksum of ZIP archives, four bytes at a time.

const TABLES = [0, 1, 2, 3].map(() => new Uint32Array(256)) as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
const [T0, T1, T2, T3] = TABLES;
for (let i = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  T0[i] = value;
}
for (let i = 0; i < 256; i++) {
  T1[i] = (T0[i]! >>> 8) ^ T0[T0[i]! & 0xff]!;
  T2[i] = (T1[i]! >>> 8) ^ T0[T1[i]! & 0xff]!;
  T3[i] = (T2[i]! >>> 8) ^ T0[T2[i]! & 0xff]!;
}

/** @param before the checksum of the bytes before these */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  let i = 0;
  for (const whole = bytes.length & ~3; i < whole; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc = T3[crc & 0xff]! ^ T2[(crc >>> 8) & 0xff]! ^ T1[(crc >>> 16) & 0xff]! ^ T0[crc >>> 24]!;
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ T0[(crc ^ bytes[i]!) & 0xff]!;
  return ~crc >>> 0;
}
