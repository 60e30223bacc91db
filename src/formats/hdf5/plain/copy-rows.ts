/** Moves parts of rows between tables of bytes. */

/** Where parts of rows begin: each `step` bytes after the last. */
export interface RowParts {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly step: number;
}

/** Copies `width` bytes of each of `rows` rows. */
export function copyRows(to: RowParts, from: RowParts, rows: number, width: number): void {
  if (width === to.step && width === from.step) {
    to.bytes.set(from.bytes.subarray(from.at, from.at + rows * width), to.at);
    return;
  }
  const offsets = [to, from].flatMap(({ bytes, at, step }) => [bytes.byteOffset, at, step]);
  const inWords = [...offsets, width].every((offset) => offset % 4 === 0);
  const [target, source] = inWords ? [wordsOf(to), wordsOf(from)] : [to, from];
  copyElements(target.bytes, target.at, target.step, source.bytes, source.at, source.step, {
    rows,
    width: inWords ? width / 4 : width,
  });
}

/** Parts are a few values: calls that move bytes would cost more than the bytes. */
function copyElements(
  target: Uint8Array | Uint32Array,
  targetAt: number,
  targetStep: number,
  source: Uint8Array | Uint32Array,
  sourceAt: number,
  sourceStep: number,
  { rows, width }: { rows: number; width: number },
): void {
  for (let row = 0; row < rows; row++) {
    const to = targetAt + row * targetStep;
    const from = sourceAt + row * sourceStep;
    for (let i = 0; i < width; i++) target[to + i] = source[from + i];
  }
}

function wordsOf({ bytes, at, step }: RowParts) {
  return {
    bytes: new Uint32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 4)),
    at: at / 4,
    step: step / 4,
  };
}

/** Fills `width` bytes of each of `rows` rows with zeros. */
export function clearRows({ bytes, at, step }: RowParts, rows: number, width: number): void {
  for (let row = 0; row < rows; row++) bytes.fill(0, at + row * step, at + row * step + width);
}
