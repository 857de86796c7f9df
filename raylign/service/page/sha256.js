// SHA-256 of a file as it is read (FIPS 180-4). The browser's own takes a file whole into memory, and only over TLS.

const bits = (x) => x - Math.floor(x);
const primes = [];
for (let n = 2; primes.length < 64; n += 1) if (primes.every((prime) => n % prime)) primes.push(n);
const K = Uint32Array.from(primes, (prime) => Math.floor(bits(Math.cbrt(prime)) * 2 ** 32));
const START = Uint32Array.from(primes.slice(0, 8), (prime) => Math.floor(bits(Math.sqrt(prime)) * 2 ** 32));

/** The digest of a Blob, in hexadecimal. `onProgress(bytes)` hears how far it is. */
export async function sha256(file, onProgress = () => {}) {
  const state = Uint32Array.from(START);
  const schedule = new Uint32Array(64);
  let held = new Uint8Array(0);
  let length = 0;
  for await (const chunk of parts(file)) {
    const bytes = new Uint8Array(held.length + chunk.length);
    bytes.set(held);
    bytes.set(chunk, held.length);
    const whole = bytes.length - (bytes.length % 64);
    for (let at = 0; at < whole; at += 64) block(state, schedule, bytes, at);
    held = bytes.slice(whole);
    length += chunk.length;
    onProgress(length);
  }
  const end = new Uint8Array(held.length + 9 <= 64 ? 64 : 128);
  end.set(held);
  end[held.length] = 0x80;
  const view = new DataView(end.buffer);
  view.setUint32(end.length - 8, Math.floor(length / 2 ** 29));
  view.setUint32(end.length - 4, (length * 8) % 2 ** 32);
  for (let at = 0; at < end.length; at += 64) block(state, schedule, end, at);
  return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
}

async function* parts(file) {
  const reader = file.stream().getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}

const turn = (x, by) => (x >>> by) | (x << (32 - by));

function block(state, w, bytes, at) {
  for (let t = 0; t < 16; t += 1) {
    const i = at + 4 * t;
    w[t] = (bytes[i] << 24) | (bytes[i + 1] << 16) | (bytes[i + 2] << 8) | bytes[i + 3];
  }
  for (let t = 16; t < 64; t += 1) {
    const early = w[t - 15];
    const late = w[t - 2];
    w[t] = w[t - 16] + w[t - 7] + (turn(early, 7) ^ turn(early, 18) ^ (early >>> 3)) + (turn(late, 17) ^ turn(late, 19) ^ (late >>> 10));
  }
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let t = 0; t < 64; t += 1) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[t] + w[t]) | 0;
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}
