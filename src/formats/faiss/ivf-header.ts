/** What every IVF index begins with: `header, u64 nlist, u64 nprobe, coarse quantizer (any index), direct map`. */
import type { Cursor } from './cursor.ts';
import { type IndexHeader, readHeader } from './header.ts';
import type { IndexNode } from './index-node.ts';
import { MAX_LISTS } from './list-table.ts';

/** The parsed front of an IVF index. */
export interface IvfHeader {
  readonly header: IndexHeader;
  readonly nlist: number;
  readonly nprobe: number;
  readonly quantizer: IndexNode;
}

/** Parses the front of an IVF index, up to its own fields. */
export function readIvfHeader(cursor: Cursor, parseInner: () => IndexNode): IvfHeader {
  const header = readHeader(cursor);
  const start = cursor.position;
  const nlist = cursor.count('the number of lists', MAX_LISTS);
  const nprobe = cursor.count('nprobe', Number.MAX_SAFE_INTEGER);
  const quantizer = parseInner();
  if (quantizer.header.dim !== header.dim || (header.trained && quantizer.header.total !== nlist)) {
    throw cursor.malformed(
      `the quantizer has ${quantizer.header.total} centroids of ${quantizer.header.dim} dimensions, ` +
        `the index ${nlist} lists of ${header.dim}`,
      { byte: start },
    );
  }
  skipDirectMap(cursor);
  return { header, nlist, nprobe, quantizer };
}

/** The direct map finds a vector by its id; it repeats what the lists say. */
function skipDirectMap(cursor: Cursor): void {
  const type = cursor.u8('the type of the direct map');
  if (type > 2) {
    throw cursor.malformed(`the direct map is of type ${type}`, {
      byte: cursor.position - 1,
      expected: '0 to 2',
    });
  }
  cursor.array('the direct map', 8);
  if (type === 2) cursor.array('the direct map', 16);
}

/** The quantizer as the index factory writes it behind `IVF100`: nothing for Flat, else `_HNSW32`. */
export function quantizerSuffix(quantizer: IndexNode): string {
  return quantizer.description === 'Flat' ? '' : `_${quantizer.description.replaceAll(',', '_')}`;
}
