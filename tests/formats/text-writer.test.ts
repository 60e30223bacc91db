/** Rows of text on their way into a file: pieces, their last bytes, and which row an error is about. */
import { describe, expect, test } from 'bun:test';
import { type Batch, concatBatches, makeBatch } from '../../src/core/batch.ts';
import { field, type Schema } from '../../src/core/schema.ts';
import { columnFromValues, type Value } from '../../src/core/values.ts';
import { VtsError } from '../../src/errors.ts';
import { csv } from '../../src/formats/csv/format.ts';
import { jsonl } from '../../src/formats/jsonl/format.ts';
import { writeTable } from '../support/format-io.ts';

const encoder = new TextEncoder();
const NAME = 'a name that is longer than what is kept free behind JSON, so that the row ends it exactly';

function table(schema: Schema, rows: readonly (readonly Value[])[]): Batch {
  return makeBatch(schema, schema.fields.map(({ type }, i) => columnFromValues(type, rows.map((r) => r[i]))));
}

describe.each([['jsonl', jsonl, 0], ['csv', csv, 1]] as const)('%s', (_, format, headers) => {
  const schema: Schema = { fields: [field('j', { kind: 'JSON' }), field(NAME, { kind: 'Bool' })] };

  test('a row that fills the room to its last byte ends its line', async () => {
    const text = async (spaces: number, rows: number) => {
      const rowOf = [encoder.encode(`[${' '.repeat(spaces)}]`), false];
      const written = await writeTable(format, table(schema, Array.from({ length: rows }, () => rowOf)));
      return new TextDecoder().decode(written);
    };
    const around = (await text(0, 1)).length - (headers === 0 ? 0 : (await text(0, 0)).length);
    for (const room of [1 << 20, 1 << 21]) {
      for (const short of [-1, 0, 1, 2]) {
        const spaces = room - around - short;
        const lines = (await text(spaces, 3)).split('\n');
        expect(lines.map((line) => line.length).slice(headers)).toEqual([
          ...Array(3).fill(spaces + around - 1),
          0,
        ]);
      }
    }
  });

  test('an error names the row of the file, whatever the batch', async () => {
    const words = table(
      { fields: [field('j', { kind: 'JSON' })] },
      [['1'], ['2'], ['3']].map(([j]) => [encoder.encode(j)]),
    );
    const broken = table(words.schema, [[encoder.encode('4')], [encoder.encode('{')]]);
    try {
      await writeTable(format, concatBatches([words, words, broken]), { rowsPerWrite: 3 });
      expect('written').toBe('refused');
    } catch (error) {
      if (!(error instanceof VtsError)) throw error;
      expect([error.code, error.details.row, error.details.field]).toEqual(['RowInvalid', 7, 'j']);
    }
  });
});
