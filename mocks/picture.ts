import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';

const side = 64;
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * A picture for a prompt, as PNG: a colour in each corner and all between them, which the prompt decides.
 *
 * @see https://www.w3.org/TR/png-3/
 */
export function pictureOf(prompt: string): Buffer {
  const colours = createHash('sha256').update(prompt).digest();
  const rows = Array.from({ length: side }, (_, y) => rowOf(colours, y / (side - 1)));
  return Buffer.concat([
    signature,
    chunk('IHDR', header()),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Eight bits each of red, green and blue. */
function header(): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(side, 0);
  data.writeUInt32BE(side, 4);
  data.set([8, 2, 0, 0, 0], 8);
  return data;
}

function rowOf(colours: Buffer, down: number): Buffer {
  const row = Buffer.alloc(1 + 3 * side); // begins with its filter, which is none
  for (let x = 0; x < side; x += 1)
    for (let part = 0; part < 3; part += 1)
      row[1 + 3 * x + part] = mixed(colours, { part, right: x / (side - 1), down });
  return row;
}

interface Place {
  /** Red, green or blue. */
  readonly part: number;
  readonly right: number;
  readonly down: number;
}

function mixed(colours: Buffer, { part, right, down }: Place): number {
  const corner = (number: number) => colours[3 * number + part] ?? 0;
  const top = corner(0) * (1 - right) + corner(1) * right;
  const bottom = corner(2) * (1 - right) + corner(3) * right;
  return Math.round(top * (1 - down) + bottom * down);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.byteLength);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
