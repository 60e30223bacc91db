import { field, type Schema } from '../../src/core/schema.ts';
import { faiss } from '../../src/formats/faiss/format.ts';
import { formatContract } from '../contract/format-contract.ts';
import { fixturesMatch } from '../support/fixtures.ts';

const id = field('id', { kind: 'Int64' }, { primaryKey: true });
const schemas: Schema[] = [
  { fields: [id, field('vector', { kind: 'FloatVector', dim: 1 })] },
  { fields: [id, field('vector', { kind: 'FloatVector', dim: 33 })] },
  { fields: [id, field('vector', { kind: 'BinaryVector', dim: 64 })] },
  { fields: [field('vector', { kind: 'FloatVector', dim: 8 })] },
  { fields: [field('vector', { kind: 'BinaryVector', dim: 8 })] },
];

formatContract({ format: faiss, schemas, detectsTruncation: true });
fixturesMatch(faiss, 'faiss', 20);
