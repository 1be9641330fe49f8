/** An uncompressed tar (POSIX.1-2001, pax) of files that stay on disk until the browser sends them. */

const BLOCK = 512;
const encoder = new TextEncoder();

export interface Bundle {
  blob: Blob;
  /** Where each member's header begins and its content ends, in bytes: for progress by file. */
  ends: number[];
}

/** Return the bundle of files under their names, `a/b/x.jpg`. */
export function packTar(files: ReadonlyArray<{ name: string; file: Blob }>): Bundle {
  const pieces: BlobPart[] = [];
  const ends: number[] = [];
  let size = 0;
  for (const { name, file } of files) {
    const header = headerOf(name, file.size);
    const padding = new Uint8Array((BLOCK - (file.size % BLOCK)) % BLOCK);
    pieces.push(header as BlobPart, file, padding);
    size += header.length + file.size + padding.length;
    ends.push(size);
  }
  pieces.push(new Uint8Array(2 * BLOCK));
  return { blob: new Blob(pieces, { type: "application/x-tar" }), ends };
}

function headerOf(name: string, size: number): Uint8Array {
  const bytes = encoder.encode(name);
  const isPlain = bytes.length <= 100 && bytes.length === name.length;
  if (isPlain) return block(name, size, "0");
  // The name goes into a record of its own; old readers see a short one.
  const record = paxRecord("path", name);
  const padding = new Uint8Array((BLOCK - (record.length % BLOCK)) % BLOCK);
  return concat([block("pax", record.length, "x"), record, padding, block("file", size, "0")]);
}

function block(name: string, size: number, type: string): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const put = (text: string, at: number) => header.set(encoder.encode(text), at);
  put(name, 0);
  put("0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  put(`${size.toString(8).padStart(11, "0")}\0`, 124);
  put("00000000000\0", 136);
  put("        ", 148);
  put(type, 156);
  put("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/** "<length> <key>=<value>\n", where the length counts itself. */
function paxRecord(key: string, value: string): Uint8Array {
  const rest = encoder.encode(` ${key}=${value}\n`).length;
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return encoder.encode(`${length} ${key}=${value}\n`);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
