/** The front of an input: its compression, a sample of its lines, and the way to read it from any mark on. */
import type { ByteSource } from '../../stores/bytes.ts';
import type { Facts } from '../format.ts';
import { type Compression, feedFrom, openFeed } from '../json-values/compression.ts';
import { type Lines, type Mark, openLines, START } from './lines.ts';
import { SAMPLE_BYTES, SAMPLE_ROWS } from '../json-values/infer.ts';
import type { Text } from '../json-values/text.ts';

/** What is known before the rows are read. */
export interface Head {
  /** The first lines, at `text.pos` the first of them. Readers leave it as it is, or take it by {@linkcode lines}. */
  readonly sample: Text;
  readonly facts: Facts;
  /** Rows of the input at most; `Infinity` when the sample does not tell. */
  readonly maxRows: number;
  /** The input's lines from `mark` on. A stream has them once. */
  lines(mark?: Mark): Lines;
  close(): Promise<void>;
}

/** Reads the front of `source`. */
export async function openHead(source: ByteSource): Promise<Head> {
  const { compression, feed } = await openFeed(source);
  let front: Lines | undefined = openLines(feed, source.name);
  const sample = front.text;
  let whole = false;
  while (!whole && (sample.end === 0 || (sample.end < SAMPLE_BYTES && countLines(sample) < SAMPLE_ROWS))) {
    whole = !await front.fill();
  }
  return {
    sample,
    maxRows: whole ? countLines(sample) : Infinity,
    facts: factsOf(source, compression, sample, whole),
    lines(mark) {
      if (front !== undefined && mark === undefined) {
        const lines = front;
        front = undefined;
        return lines;
      }
      return openAt(source, compression, mark ?? START);
    },
    async close() {
      await front?.close();
      front = undefined;
    },
  };
}

function openAt(source: ByteSource, compression: Compression, mark: Mark): Lines {
  return openLines(feedFrom(source, compression, mark.byte), source.name, mark);
}

function countLines({ bytes, pos, end }: Text): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a, pos); at >= 0 && at < end; at = bytes.indexOf(0x0a, at + 1)) lines++;
  return lines;
}

function factsOf(source: ByteSource, compression: Compression, sample: Text, whole: boolean): Facts {
  const { bytes, pos, end } = sample;
  const lines = countLines(sample);
  const perLine = lines === 0 ? null : Math.round((end - pos) / lines);
  const first = bytes.indexOf(0x0a, pos);
  const estimate = compression === 'none' && source.size !== undefined && perLine !== null
    ? { estimatedRows: whole ? lines : Math.round(source.size / perLine) }
    : {};
  return {
    compression,
    size: source.size ?? null,
    sampledLines: lines,
    lineEndings: first > pos && first < end && bytes[first - 1] === 0x0d ? 'CRLF' : 'LF',
    bytesPerLine: perLine,
    ...estimate,
  };
}
