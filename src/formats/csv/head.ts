/** The front of an input: its compression, the names of its columns, and the way to read it from any mark on. */
import type { Schema } from '../../core/schema.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import type { Facts } from '../format.ts';
import { type Compression, openText, textFrom } from '../json-values/compression.ts';
import { SAMPLE_BYTES, SAMPLE_ROWS } from '../json-values/infer.ts';
import { beginRecords, DELIMITER_NAMES, type Header, readHeader } from './header.ts';
import { isBlank, type Mark, openRecords, type Records } from './records.ts';

/** What is known before the rows are read. */
export interface Head {
  readonly header: Header;
  readonly facts: Facts;
  /** Rows of the input at most; `Infinity` when the sample does not tell. */
  readonly maxRows: number;
  /** Calls `look` at each of the first rows, and returns how many they are. */
  sample(look: (records: Records) => void): Sampled;
  /** The input's records from `mark` on. A stream has them once. */
  records(mark?: Mark): Records;
  close(): Promise<void>;
}

/** The size of a sample. */
interface Sampled {
  readonly rows: number;
  readonly bytes: number;
}

/** Reads the front of `source`. `schema` is what the user says. */
export async function openHead(source: ByteSource, schema: Schema | undefined): Promise<Head> {
  const { compression, chunks } = await openText(source);
  let front: Records | undefined = openRecords(chunks, source.name, 0x2c);
  const records = front;
  await beginRecords(records);
  const header = await readHeader(records, schema);
  const { delimiter } = records;
  const first: Mark = { byte: records.base + records.pos, line: records.line, row: 0 };
  let whole = false;
  while (!whole && records.filled - records.pos < SAMPLE_BYTES && !hasLines(records, SAMPLE_ROWS)) {
    whole = !await records.fill();
  }
  const sample = (look: (records: Records) => void): Sampled => {
    const { pos, line } = records;
    let rows = 0;
    while (rows < SAMPLE_ROWS && records.scan()) {
      if (isBlank(records) && header.names.length > 1) continue;
      records.row = rows++;
      look(records);
    }
    const bytes = records.pos - pos;
    Object.assign(records, { pos, line, row: 0 });
    return { rows, bytes };
  };
  const sampled = sample(() => {});
  whole &&= sampled.rows < SAMPLE_ROWS;
  return {
    header,
    maxRows: whole ? sampled.rows : Infinity,
    facts: factsOf(source, compression, records, { ...sampled, whole }),
    sample,
    records(mark) {
      if (front !== undefined && mark === undefined) {
        const taken = front;
        front = undefined;
        return taken;
      }
      const from = mark ?? first;
      return openRecords(textFrom(source, compression, from.byte), source.name, delimiter, from);
    },
    async close() {
      await front?.close();
      front = undefined;
    },
  };
}

function hasLines({ bytes, pos, filled }: Records, wanted: number): boolean {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a, pos); at >= 0 && at < filled; at = bytes.indexOf(0x0a, at + 1)) {
    if (++lines > wanted) return true;
  }
  return false;
}

function factsOf(
  source: ByteSource,
  compression: Compression,
  { bytes, delimiter }: Records,
  sampled: Sampled & { readonly whole: boolean },
): Facts {
  const feed = bytes.indexOf(0x0a);
  const perRow = sampled.rows === 0 ? null : Math.round(sampled.bytes / sampled.rows);
  const estimate = compression === 'none' && source.size !== undefined && perRow !== null
    ? { estimatedRows: sampled.whole ? sampled.rows : Math.round(source.size / perRow) }
    : {};
  return {
    compression,
    size: source.size ?? null,
    delimiter: DELIMITER_NAMES[delimiter],
    lineEndings: feed > 0 && bytes[feed - 1] === 0x0d ? 'CRLF' : 'LF',
    sampledRows: sampled.rows,
    bytesPerRow: perRow,
    ...estimate,
  };
}
