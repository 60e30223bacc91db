/**
 * `IxRF`, `IxRP`: `header, base index, refining index, f32 k_factor`; Milvus' `IxSC`: `header, base index, bool, [refining index], f32`. The
 * refining index holds the vectors more exactly than the base does, so they are taken from there.
 */
import { readHeader } from '../header.ts';
import { hasVectors, type IndexNode, indexNode, type IndexParser } from '../index-node.ts';

/** An index that another one refines. */
export const parseRefine: IndexParser = ({ fourcc, cursor, parseInner }) => {
  const header = readHeader(cursor);
  const start = cursor.position;
  const base = parseInner();
  const refine = fourcc !== 'IxSC' || cursor.bool('the flag "has raw data"') ? parseInner() : undefined;
  const kFactor = cursor.f32('the factor of the refinement');
  for (const { header: { dim, total } } of refine === undefined ? [base] : [base, refine]) {
    if (dim === header.dim && total === header.total) continue;
    throw cursor.malformed(
      `a Refine index of ${header.total} vectors of ${header.dim} dimensions is over ${total} of ${dim}`,
      { byte: start },
    );
  }
  const better = refine !== undefined && isBetter(refine, base) ? refine : base;
  const name = fourcc === 'IxSC' ? 'SCANN' : 'Refine';
  return indexNode({
    fourcc,
    path: `${name}${refine === undefined ? '' : `(${refine.path})`} > ${base.path}`,
    header,
    parts: { base, ...(refine === undefined ? {} : { refine }) },
    facts: { kFactor },
    notes: [
      ...better.notes,
      `vectors come from the ${better === base ? 'base' : 'refining'} index (${better.path})`,
    ],
    byList: better.byList,
    vectors: better.vectors,
    ids: better.ids,
  });
};

function isBetter(refine: IndexNode, base: IndexNode): boolean {
  if (!hasVectors(refine.vectors) || !hasVectors(base.vectors)) return hasVectors(refine.vectors);
  return refine.vectors.lossy === undefined || base.vectors.lossy !== undefined;
}
