/** The types of arrays, by the names numpy gives them (https://numpy.org/doc/stable/reference/arrays.interface.html). */
import { VtsError } from '../../errors.ts';
import type { Literal } from './literal.ts';

/** The type of an array's values. */
export interface ArrayType {
  /** The kind and, where it has one, the size: `f4`, `i8`, `b1`, `U12`, `M8`. */
  readonly code: string;
  /** `U`, `S` and `M` without their sizes, else as {@linkcode code}. */
  readonly kind:
    | 'b1'
    | 'i1'
    | 'i2'
    | 'i4'
    | 'i8'
    | 'u1'
    | 'u2'
    | 'u4'
    | 'u8'
    | 'f2'
    | 'f4'
    | 'f8'
    | 'V2'
    | 'U'
    | 'S'
    | 'M';
  /** Bytes of a value. */
  readonly size: number;
  /** Bytes of what is turned round where the file is big-endian: a character of `U`. */
  readonly unit: 1 | 2 | 4 | 8;
  readonly bigEndian: boolean;
  /** The unit of times: `s`, `us`, `25us`. */
  readonly timeUnit?: string;
}

const NUMBERS: ReadonlySet<string> = new Set('b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 V2'.split(' '));

/** Longer strings than a Milvus field can hold a thousand times over. */
const MAX_STRING = 1 << 26;

/** The type that `descr` names. @throws VtsError InputUnsupported, InputMalformed */
export function parseArrayType(descr: Literal, file: string): ArrayType {
  const refuse = (what: string, remedy: string) =>
    new VtsError('InputUnsupported', `${what}, which vts does not read`, { file, byte: 10, remedy });
  if (typeof descr !== 'string') {
    const names = fieldNames(descr);
    throw refuse(
      `The array has rows of named fields (${names.slice(0, 8).join(', ')}${
        names.length > 8 ? ', ...' : ''
      })`,
      `save one field a file: np.save('${names[0] ?? 'field'}.npy', np.ascontiguousarray(array['${
        names[0] ?? 'field'
      }']))`,
    );
  }
  const match = /^([<>|=])([?a-zA-Z])(\d*)(?:\[(\w+)\])?$/.exec(descr);
  if (match === null) {
    throw new VtsError('InputMalformed', `The type of the array, "${descr.slice(0, 50)}", is none`, {
      file,
      byte: 10,
    });
  }
  const [, order, letter, digits, timeUnit] = match;
  if (letter === 'O') {
    throw refuse(
      'The array holds Python objects in a pickle',
      "save numbers or strings: np.save(FILE, np.stack(list(array)).astype('float32')), or array.astype(str)",
    );
  }
  if (letter === 'c') {
    throw refuse(`The array holds complex numbers (${descr})`, 'save array.real and array.imag');
  }
  const bigEndian = order === '>';
  const code = letter === '?' ? 'b1' : `${letter}${digits}`;
  const size = Number(digits || 1);
  if (NUMBERS.has(code)) {
    return { code, kind: code as ArrayType['kind'], size, unit: size as ArrayType['unit'], bigEndian };
  }
  if ((letter === 'U' || letter === 'S' || letter === 'a') && size <= MAX_STRING) {
    return letter === 'U'
      ? { code, kind: 'U', size: size * 4, unit: 4, bigEndian }
      : { code, kind: 'S', size, unit: 1, bigEndian };
  }
  if (code === 'M8' && timeUnit !== undefined) {
    return { code, kind: 'M', size: 8, unit: 8, bigEndian, timeUnit };
  }
  throw refuse(`The array is of type ${descr}`, CONVERT[letter] ?? "save array.astype('float32')");
}

const CONVERT: Readonly<Record<string, string>> = {
  f: "save array.astype('float64')",
  m: "save array.astype('int64')",
  M: "save array.astype('datetime64[us]')",
  V: 'save it as an array of numbers: array.view(TYPE)',
};

function fieldNames(descr: Literal): string[] {
  if (!Array.isArray(descr)) return [];
  return descr.map((entry) => Array.isArray(entry) ? String(entry[0]) : '?');
}
