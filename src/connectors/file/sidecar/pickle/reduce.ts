/** What known classes build of their arguments: values, never calls. */
import { type Handle, TAG, tagOf } from './handle.ts';
import type { Role } from './globals.ts';
import type { Container, Heap, Scalar } from './heap.ts';
import { EMPTY_TUPLE, floatText } from './json-writer.ts';
import type { Values } from './values.ts';
import { halfToNumber } from '../../../../core/half.ts';

/** What is needed to look at arguments. */
export interface Access {
  readonly heap: Heap;
  readonly values: Values;
}

/** The items of a tuple or list. */
export function itemsOf({ heap }: Access, value: Handle): readonly Handle[] | undefined {
  if (value === EMPTY_TUPLE) return [];
  const container = heap.get(value);
  return container?.kind === 'list' ? container.items : undefined;
}

/** What a class of `role` with `args` is; `undefined` for arguments that it does not take. */
export function reduce(access: Access, role: Role, args: readonly Handle[]): Container | undefined {
  switch (role) {
    case 'set':
    case 'list': {
      const items = args.length === 0 ? [] : itemsOf(access, args[0]);
      return items && { kind: role, items: [...items] };
    }
    case 'dict':
      return reduceDict(access, args);
    default: {
      const value = reduceScalar(access, role, args);
      return value && { kind: 'scalar', value };
    }
  }
}

/** `OrderedDict()`, `defaultdict(list)`, or a list of pairs. */
function reduceDict(access: Access, args: readonly Handle[]): Container | undefined {
  const pairs = args.length === 0 || tagOf(args[0]) === TAG.global || args[0] === 0
    ? []
    : itemsOf(access, args[0]);
  const items = pairs?.map((pair) => itemsOf(access, pair));
  if (items === undefined || items.some((pair) => pair?.length !== 2)) return undefined;
  return { kind: 'dict', items: items.flatMap((pair) => [...pair!]) };
}

const json = (value: string | undefined): Scalar | undefined =>
  value === undefined ? undefined : { as: 'json', text: JSON.stringify(value) };

function reduceScalar(access: Access, role: Role, args: readonly Handle[]): Scalar | undefined {
  const { values } = access;
  const texts = () =>
    args.every((arg) => tagOf(arg) === TAG.text) ? args.map((arg) => values.textOf(arg)) : undefined;
  switch (role) {
    case 'decimal':
      return json(texts()?.[0]);
    case 'path':
      return json(texts() && joinPath(texts()!));
    case 'encode':
      return encodeLatin(texts());
    case 'datetime':
    case 'date':
    case 'time':
      return json(timeText(access, role, args));
    case 'timedelta': {
      const [days, seconds, microseconds] = args.map((arg) => values.integerOf(arg) ?? 0n);
      if (args.length !== 3) return undefined;
      return { as: 'duration', microseconds: (days * 86400n + seconds) * 1_000_000n + microseconds };
    }
    case 'timezone': {
      const delta = scalarOf(access, args[0]);
      return delta?.as === 'duration' ? { ...delta, as: 'timezone' } : undefined;
    }
    case 'dtype': {
      const code = args.length > 0 ? values.nameOf(args[0]) : undefined;
      return code === undefined ? undefined : { as: 'dtype', code, bigEndian: false };
    }
    case 'scalar':
      return numpyScalar(access, args);
    default:
      return undefined;
  }
}

function scalarOf({ heap }: Access, value: Handle | undefined): Scalar | undefined {
  const container = value === undefined ? undefined : heap.get(value);
  return container?.kind === 'scalar' ? container.value : undefined;
}

function bytesOf(access: Access, value: Handle | undefined): Uint8Array | undefined {
  if (value !== undefined && tagOf(value) === TAG.bytes) return access.values.bytesOf(value);
  const scalar = scalarOf(access, value);
  return scalar?.as === 'bytes' ? scalar.bytes : undefined;
}

/** How protocol 2 writes bytes: as text whose characters are the bytes. */
function encodeLatin(texts: readonly string[] | undefined): Scalar | undefined {
  if (texts === undefined || texts.length === 0 || texts[0].length > 65536) return undefined;
  if (texts[1] !== undefined && !/^(latin1|latin-1)$/.test(texts[1])) return undefined;
  const bytes = Uint8Array.from(texts[0], (character) => character.charCodeAt(0));
  return [...texts[0]].every((character) => character.codePointAt(0)! < 256)
    ? { as: 'bytes', bytes }
    : undefined;
}

function joinPath(parts: readonly string[]): string {
  const [first = '.', ...rest] = parts;
  return rest.length === 0
    ? first
    : `${first.replace(/[/\\]$/, '')}${/^[A-Za-z]:/.test(first) ? '\\' : '/'}${rest.join('/')}`;
}

const two = (value: number) => String(value).padStart(2, '0');

/** The state of a date or time, as `isoformat` writes it. */
function timeText(
  access: Access,
  role: 'datetime' | 'date' | 'time',
  args: readonly Handle[],
): string | undefined {
  const state = bytesOf(access, args[0]);
  if (state?.length !== { datetime: 10, date: 4, time: 6 }[role]) return undefined;
  const zone = args.length > 1 && args[1] !== 0 ? scalarOf(access, args[1]) : undefined;
  if (args.length > 1 && args[1] !== 0 && zone?.as !== 'timezone') return undefined;
  const [year, month, day] = role === 'time'
    ? [0, 0, 0]
    : [state[0] << 8 | state[1], state[2] & 127, state[3]];
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  if (role === 'date') return date;
  const clock = state.subarray(role === 'time' ? 0 : 4);
  const micro = clock[3] << 16 | clock[4] << 8 | clock[5];
  // The highest bit of hour or month says which of two equal times is meant when clocks are put back.
  const text = `${two(clock[0] & 127)}:${two(clock[1])}:${two(clock[2])}${
    micro === 0 ? '' : `.${String(micro).padStart(6, '0')}`
  }${zone?.as === 'timezone' ? offsetText(zone.microseconds) : ''}`;
  return role === 'time' ? text : `${date}T${text}`;
}

function offsetText(microseconds: bigint): string {
  const total = Number(microseconds / 1_000_000n);
  const [hours, minutes, seconds] = [Math.abs(total) / 3600, Math.abs(total) / 60 % 60, Math.abs(total) % 60];
  return `${total < 0 ? '-' : '+'}${two(Math.floor(hours))}:${two(Math.floor(minutes))}${
    seconds === 0 ? '' : `:${two(seconds)}`
  }`;
}

/** A single value of NumPy, from its type and its bytes. */
function numpyScalar(access: Access, args: readonly Handle[]): Scalar | undefined {
  const dtype = scalarOf(access, args[0]);
  const bytes = bytesOf(access, args[1]);
  if (dtype?.as !== 'dtype' || bytes === undefined || bytes.length === 0) return undefined;
  const ordered = dtype.bigEndian ? bytes.toReversed() : bytes;
  const view = new DataView(Uint8Array.from(ordered).buffer);
  const text = (value: string): Scalar => ({ as: 'json', text: value });
  const code = dtype.code.replace(/^[<>|=]/, '');
  if (/\d$/.test(code) && /^[biuf]/.test(code) && Number(code.slice(1)) !== bytes.length) return undefined;
  switch (code) {
    case 'b1':
      return text(String(bytes[0] !== 0));
    case 'f2':
      return text(floatText(halfToNumber(view.getUint16(0, true))));
    case 'f4':
      return text(floatText(view.getFloat32(0, true)));
    case 'f8':
      return text(floatText(view.getFloat64(0, true)));
  }
  if (!/^[iu][1248]$/.test(code)) return undefined;
  let integer = 0n;
  for (let i = ordered.length - 1; i >= 0; i--) integer = integer << 8n | BigInt(ordered[i]);
  return text(String(code[0] === 'i' ? BigInt.asIntN(bytes.length * 8, integer) : integer));
}
