/** `geometry_convert_mode`: what texts in fields of geometries may be. */
import type { FlagValue } from '../job.ts';
import type { Block } from './block.ts';
import type { Table } from './table.ts';

/** Reads the keys on geometries. */
export function readGeometry(block: Block): (table: Table) => Record<string, FlagValue> {
  const mode = block.choice('geometry_convert_mode', ['passthrough', 'parse']);
  const order = block.choice('geometry_string_coord_order', ['lat_lon', 'lon_lat']) ?? 'lat_lon';
  return (table) => {
    // The geometries of a Milvus server are well-known text already, which both modes leave as it is.
    if (mode !== 'parse' || table.kind === 'milvus') return {};
    return { geometry: order };
  };
}
