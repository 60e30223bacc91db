/** The units of datetime64 in microseconds. */

const MICROSECONDS: Readonly<Record<string, bigint>> = {
  W: 604_800_000_000n,
  D: 86_400_000_000n,
  h: 3_600_000_000n,
  m: 60_000_000n,
  s: 1_000_000n,
  ms: 1000n,
  us: 1n,
};

/** Parts of a microsecond. */
const PARTS: Readonly<Record<string, bigint>> = { ns: 1000n, ps: 1_000_000n };

/** Whether times of `unit` (`us`, `25s`) are read. */
export function knowsTimeUnit(unit: string): boolean {
  const [, , name] = split(unit);
  return name in MICROSECONDS || name in PARTS;
}

/** Makes whole microseconds, in 64 bits, of a number of `unit`; `undefined` where it is none. */
export function microseconds(unit: string): (value: bigint) => bigint | undefined {
  const [, count, name] = split(unit);
  const factor = BigInt(count || 1) * (MICROSECONDS[name] ?? 1n);
  const divisor = PARTS[name] ?? 1n;
  return (value) => {
    const product = value * factor;
    const time = product / divisor;
    return product % divisor === 0n && BigInt.asIntN(64, time) === time ? time : undefined;
  };
}

function split(unit: string): readonly string[] {
  return /^(\d*)(\w*)$/.exec(unit) ?? ['', '', ''];
}
