/** Writes files, without HDF5's library: chunks as rows come, then the objects that they belong to. */
import type { Batch } from '../../../core/batch.ts';
import { batchUsedUp } from '../../../core/batch-memory.ts';
import { factsToJson, schemaToJson } from '../../../core/schema-json.ts';
import type { Dataset } from '../../../core/schema.ts';
import { type Kind, KINDS } from '../../../core/types.ts';
import type { ByteSink, RandomAccessSink } from '../../../stores/bytes.ts';
import type { FormatWriter, Problem, WriteOptions, WriterFeatures } from '../../format.ts';
import { DISTANCE_ATTRIBUTE, FACTS_ATTRIBUTE, SCHEMA_ATTRIBUTE } from '../attributes.ts';
import { columnWriter } from './column-writer.ts';
import { type FileSpace, fileSpace } from './file-space.ts';
import { globalHeap, REFERENCE_WORDS } from './global-heap.ts';
import {
  encodeDataset,
  encodeGroup,
  encodeSuperblock,
  type Link,
  SUPERBLOCK_BYTES,
  type TextAttribute,
} from './object-header.ts';
import { bytesOf } from './references.ts';
import { partsOf } from '../tree.ts';
import { distanceName, type Layout, layOut, layoutOf, layoutProblems } from './write-layout.ts';

/** What HDF5 holds: all kinds but arrays of structs, no nulls, no NUL characters. */
export const features: WriterFeatures = {
  kinds: new Set<Kind>(KINDS.filter((kind) => kind !== 'StructArray')),
  casts: { StructArray: ['json'] },
  nulls: false,
  keepsSchema: true,
  keepsNaN: true,
  refusesNul: true,
};

/** What else stands in the way. @throws VtsError Usage for an unknown layout */
export function check(dataset: Dataset, options: WriteOptions): readonly Problem[] {
  return layoutProblems(dataset, layoutOf(options));
}

/** Begins a file: rows first, then what describes them, the superblock at last. */
// deno-lint-ignore require-await
export async function openWriter(
  sink: ByteSink,
  dataset: Dataset,
  options: WriteOptions,
): Promise<FormatWriter> {
  if (!sink.seekable) throw new TypeError('HDF5 needs a sink with random access');
  const layout = layoutOf(options);
  const [problem] = layoutProblems(dataset, layout);
  if (problem !== undefined) throw new TypeError(`not checked before writing: ${problem.message}`);
  const target = layOut(dataset, layout);
  const space = fileSpace(sink as RandomAccessSink, SUPERBLOCK_BYTES);
  const columns = target.schema.fields.map((field) => columnWriter(space, field, dataset.rows));
  return {
    async write(batch: Batch) {
      try {
        batch.columns.forEach((column, i) => columns[i].write(column));
      } finally {
        await space.settle();
      }
      batchUsedUp(batch);
    },
    async finish() {
      const links = columns.map((column): Link => {
        const written = column.finish();
        return { name: written.name, address: space.append(encodeDataset(written)) };
      });
      let address = space.append(encodeGroup(links, storeAttributes(space, target, layout)));
      for (const name of partsOf(options.path ?? '').toReversed()) {
        address = space.append(encodeGroup([{ name, address }]));
      }
      space.write(encodeSuperblock(address, space.end), 0);
      await space.settle();
    },
    async abort() {},
  };
}

function storeAttributes(space: FileSpace, dataset: Dataset, layout: Layout): TextAttribute[] {
  const distance = layout === 'ann-benchmarks' ? distanceName(dataset.metric) : undefined;
  const texts = {
    [SCHEMA_ATTRIBUTE]: JSON.stringify(schemaToJson(dataset.schema)),
    [FACTS_ATTRIBUTE]: JSON.stringify(factsToJson(dataset)),
    ...(distance !== undefined && { [DISTANCE_ATTRIBUTE]: distance }),
  };
  const heap = globalHeap(space);
  const attributes = Object.entries(texts).map(([name, text]): TextAttribute => {
    const bytes = new TextEncoder().encode(text);
    const reference = new Uint32Array(REFERENCE_WORDS);
    heap.store({ bytes, start: 0, end: bytes.length }, bytes.length, reference, 0);
    return { name, reference: bytesOf(reference) };
  });
  heap.finish();
  return attributes;
}
