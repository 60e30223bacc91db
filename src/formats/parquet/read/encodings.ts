/** The encodings of values (https://github.com/apache/parquet-format/blob/master/Encodings.md). */
import type { SchemaElement } from 'hyparquet';
import { VtsError } from '../../../errors.ts';
import { byteStreamSplitSource } from './byte-stream-split.ts';
import { deltaBinarySource, deltaByteArraySource, deltaLengthSource } from './delta.ts';
import { type Dictionary, dictionarySource } from './dictionary.ts';
import { HybridReader } from './hybrid.ts';
import { fixedSource, plainSource, type ValueSource } from './value-source.ts';
import { valueWidth } from './values.ts';

/**
 * The values that `bytes` hold.
 * @throws VtsError InputMalformed, InputUnsupported
 */
export function valueSource(
  encoding: string,
  bytes: Uint8Array,
  element: SchemaElement,
  { dictionary, atMost }: { dictionary: Dictionary | undefined; atMost: number },
): ValueSource {
  const width = valueWidth(element);
  const boolean = element.type === 'BOOLEAN';
  switch (encoding) {
    case 'PLAIN':
      return plainSource(bytes, element);
    case 'RLE':
      if (boolean && bytes.length >= 4) return booleanRuns(new HybridReader(bytes.subarray(4), 1));
      break;
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
      if (dictionary === undefined) {
        throw new VtsError('InputMalformed', 'a page refers to a dictionary that is not there');
      }
      return dictionarySource(bytes, dictionary);
    case 'BYTE_STREAM_SPLIT':
      if (width > 0 && !boolean) return byteStreamSplitSource(bytes, width);
      break;
    case 'DELTA_BINARY_PACKED':
      if (element.type === 'INT32' || element.type === 'INT64') {
        return deltaBinarySource(bytes, width, atMost);
      }
      break;
    case 'DELTA_LENGTH_BYTE_ARRAY':
      if (element.type === 'BYTE_ARRAY') return deltaLengthSource(bytes, atMost);
      break;
    case 'DELTA_BYTE_ARRAY':
      if (element.type === 'BYTE_ARRAY' || element.type === 'FIXED_LEN_BYTE_ARRAY') {
        return deltaByteArraySource(bytes, width, atMost);
      }
  }
  throw new VtsError('InputUnsupported', `${element.type} values are encoded as ${encoding}`);
}

function booleanRuns(runs: HybridReader): ValueSource {
  return fixedSource((target, at, count) => {
    runs.read(target.subarray(at), count);
  });
}
