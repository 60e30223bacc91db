/**
 * Definition and repetition levels in the RLE / bit-packing hybrid encoding
 * (https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE). They are added as runs, so that a vector of
 * any dimension costs two calls and no work an element.
 */

/** Collects the levels of one page. */
export interface LevelWriter {
  /** Levels added since the last {@linkcode finish}. */
  readonly count: number;
  /** Adds `count` levels of `value`. */
  add(value: number, count: number): void;
  /** The encoded levels; empty when levels have no bits. Begins a new page. */
  finish(): Uint8Array<ArrayBuffer>;
}

/** Bytes of a group of 8 levels and of the longest run header. */
const GROUP = 8;
const RUN_BYTES = 16;
/** Groups of a bit-packed run whose header is one byte. */
const MAX_GROUPS = 63;

/** A writer of levels from 0 to `max`. */
export function levelWriter(max: number): LevelWriter {
  const bitWidth = 32 - Math.clz32(max);
  const valueBytes = (bitWidth + 7) >>> 3;
  const group = new Uint8Array(GROUP);
  let bytes = new Uint8Array(256);
  let end = 0;
  let total = 0;
  let runValue = 0;
  let runCount = 0;
  let groupSize = 0;
  /** Where the header of the open bit-packed run is, or -1. */
  let packedHeader = -1;
  let packedGroups = 0;

  function reserve(size: number): void {
    if (end + size <= bytes.length) return;
    const larger = new Uint8Array(bytes.length * 2 + size);
    larger.set(bytes);
    bytes = larger;
  }

  /** Moves up to `count` copies of the run's value to the group, which is written when full. */
  function pack(count: number): void {
    const stop = Math.min(GROUP, groupSize + count);
    runCount -= stop - groupSize;
    while (groupSize < stop) group[groupSize++] = runValue;
    if (groupSize === GROUP) writeGroup();
  }

  function writeGroup(): void {
    if (packedHeader < 0) {
      reserve(1);
      packedHeader = end++;
    }
    reserve(bitWidth);
    let bits = 0;
    let held = 0;
    for (let i = 0; i < GROUP; i++) {
      bits |= group[i] << held;
      for (held += bitWidth; held >= 8; held -= 8) {
        bytes[end++] = bits;
        bits >>>= 8;
      }
    }
    groupSize = 0;
    if (++packedGroups === MAX_GROUPS) closePacked();
  }

  function closePacked(): void {
    if (packedHeader >= 0) bytes[packedHeader] = packedGroups << 1 | 1;
    packedHeader = -1;
    packedGroups = 0;
  }

  function flushRun(): void {
    if (groupSize > 0) pack(runCount);
    if (runCount < GROUP) {
      if (runCount > 0) pack(runCount);
      return;
    }
    closePacked();
    reserve(RUN_BYTES);
    end = writeVarint(bytes, end, runCount * 2);
    for (let i = 0; i < valueBytes; i++) bytes[end++] = runValue >>> (8 * i);
    runCount = 0;
  }

  return {
    get count() {
      return total;
    },
    add(value, count) {
      total += count;
      if (value !== runValue) {
        flushRun();
        runValue = value;
      }
      runCount += count;
    },
    finish() {
      flushRun();
      if (groupSize > 0) {
        group.fill(0, groupSize);
        writeGroup();
      }
      closePacked();
      const encoded = bytes.slice(0, bitWidth === 0 ? 0 : end);
      end = 0;
      total = 0;
      return encoded;
    },
  };
}

/** Writes the unsigned LEB128 number `value` to `target` at `at`; returns where it ends. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  while (value > 127) {
    target[at++] = value % 128 + 128;
    value = Math.floor(value / 128);
  }
  target[at++] = value;
  return at;
}
