/**
 * The frames of Zstandard data (RFC 8878, section 3.1.1), walked without decoding. The runtime's decoder takes data that end
 * in the middle of a frame for whole, so this is what tells that a file was cut off.
 */
import { VtsError } from '../../errors.ts';

const MAGIC = 0xfd2fb528;
/** Sixteen magic numbers, of frames whose content decoders skip. */
const SKIPPABLE = 0x184d2a50;

/** The header that comes next. */
type Part = 'magic' | 'skippable' | 'descriptor' | 'block';

/** `chunks` as they come. @throws VtsError InputTruncated, InputMalformed when they are not whole frames */
export async function* wholeFrames(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array> {
  let part: Part = 'magic';
  let checksum = 0;
  let needed = 4;
  let skip = 0;
  let position = 0;
  const header: number[] = [];

  const next = (to: Part, size: number, over = 0) => {
    part = to;
    needed = size;
    skip = over;
    header.length = 0;
  };
  const step = () => {
    const value = header.reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
    if (part === 'magic') {
      if (value === MAGIC) next('descriptor', 1);
      else if (value - (value % 16) === SKIPPABLE) next('skippable', 4);
      else throw broken(file, position);
    } else if (part === 'skippable') next('magic', 4, value);
    else if (part === 'descriptor') {
      const single = (value >> 5) & 1;
      checksum = value & 4;
      next('block', 3, (1 - single) + [0, 1, 2, 4][value & 3] + [single, 2, 4, 8][value >> 6]);
    } else {
      const [last, type, size] = [value & 1, (value >> 1) & 3, value >> 3];
      if (type === 3) throw broken(file, position);
      const content = type === 1 ? 1 : size;
      if (last === 1) next('magic', 4, content + checksum);
      else next('block', 3, content);
    }
  };

  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const skipped = Math.min(skip, chunk.length - at);
      skip -= skipped;
      at += skipped;
      if (at === chunk.length) break;
      header.push(chunk[at++]);
      if (header.length === needed) step();
    }
    position += chunk.length;
    yield chunk;
  }
  if (part !== 'magic' || skip > 0 || header.length > 0) {
    throw new VtsError('InputTruncated', `${file} ends in the middle of its zstd data`, {
      file,
      remedy: 'copy or make the file again',
    });
  }
}

function broken(file: string, position: number): VtsError {
  return new VtsError('InputMalformed', `${file} holds broken zstd data`, {
    file,
    expected: 'whole zstd frames',
    remedy: `copy or make the file again: it is damaged behind byte ${position}`,
  });
}
