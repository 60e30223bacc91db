/** HDF5 files through h5py. */
import { join } from 'node:path';
import { runPython } from '../support/python.ts';

/** Columns of a file as h5py sees them: {name: {dtype, rows: [text]}}, texts as `canonical` makes them. */
const H5PY = `
import json, sys
sys.path.insert(0, sys.argv[2])
import h5py, numpy as np
from expected import bools, lists, numbers, texts
def element(kind):
    if kind == "object": return lambda v: texts([x.decode() for x in v])
    if kind == "bool": return bools
    return lambda v: numbers(v, kind)
def column(d):
    vlen, string = h5py.check_vlen_dtype(d.dtype), h5py.check_string_dtype(d.dtype)
    if string: return texts([x.decode(string.encoding) for x in d[:]])
    if d.dtype == bool: return bools(d[:])
    if vlen is None: return [row.tobytes().hex() for row in d[:]]
    if vlen.names: return [row.tobytes().hex() for row in d[:]]
    return lists(d[:], element(str(vlen)))
with h5py.File(sys.argv[1]) as f:
    group = f[sys.argv[3]]
    print(json.dumps({"attrs": {k: str(v) for k, v in group.attrs.items()},
                      "columns": {k: {"dtype": str(d.dtype), "shape": d.shape, "rows": column(d)} for k, d in group.items()}}))
`;

/** Attributes and columns of a group; texts as `canonical` makes them. */
export interface Seen {
  readonly attrs: Record<string, string>;
  readonly columns: Record<string, { dtype: string; shape: number[]; rows: string[] }>;
}

/** The group `group` of the file at `path`. */
export function asSeenByH5py(path: string, group = '/'): Seen {
  return JSON.parse(runPython(H5PY, path, join(import.meta.dir, '../../scripts/fixtures'), group));
}
