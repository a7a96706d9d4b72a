// MD5 (RFC 1321), for the checksums that dataset publishers give. Web Crypto has none, and the runtime has no dependencies.

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));

/** The MD5 of `data` in hexadecimal. */
export function md5(data: Uint8Array): string {
  const state = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  const whole = data.length & ~63;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < whole; at += 64) mixBlock(state, view, at);
  const tail = new Uint8Array(data.length - whole < 56 ? 64 : 128);
  tail.set(data.subarray(whole));
  tail[data.length - whole] = 0x80;
  const end = new DataView(tail.buffer);
  end.setUint32(tail.length - 8, data.length << 3, true);
  end.setUint32(tail.length - 4, Math.floor(data.length / 2 ** 29), true);
  for (let at = 0; at < tail.length; at += 64) mixBlock(state, end, at);
  return [...new Uint8Array(state.buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function mixBlock(state: Int32Array, block: DataView, at: number): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    let mix: number;
    let word: number;
    if (round === 0) [mix, word] = [(b & c) | (~b & d), i];
    else if (round === 1) [mix, word] = [(d & b) | (~d & c), (5 * i + 1) & 15];
    else if (round === 2) [mix, word] = [b ^ c ^ d, (3 * i + 5) & 15];
    else [mix, word] = [c ^ (b | ~d), (7 * i) & 15];
    const sum = (a + mix + SINES[i]! + block.getInt32(at + 4 * word, true)) | 0;
    const shift = SHIFTS[4 * round + (i & 3)]!;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
}
