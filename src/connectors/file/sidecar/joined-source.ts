/**
 * Files whose rows get further columns from a file beside them. Entries belong to rows by the number that Faiss answers a search with: an
 * index's own ids where it has some, else the row's position, counted over all files.
 */
import { type Batch, columnsByName, makeBatch } from '../../../core/batch.ts';
import type { Column } from '../../../core/column.ts';
import {
  type Cursor,
  projectSchema,
  type Range,
  type ReadRequest,
  type Source,
} from '../../../core/endpoint.ts';
import { type Dataset, estimatedRowBytes, type Field, idField } from '../../../core/schema.ts';
import { VtsError } from '../../../errors.ts';
import type { FormatInfo, FormatReader } from '../../../formats/format.ts';
import type { FileSource } from '../file-source.ts';
import type { Keys, SideTable } from './side-table.ts';

/** Where reading stands: in the files, and how many rows of the range are done. */
interface JoinedCursor {
  readonly main: Cursor;
  readonly row: number;
}

/**
 * `main` with the columns of `side`: its id first, the others last. Closing it closes both.
 * @throws VtsError InputMalformed when they have different numbers of rows; Usage where columns are there already
 */
export async function joinColumns(main: FileSource, side: SideTable): Promise<FileSource> {
  return new JoinedSource(main, side, await main.plan());
}

class JoinedSource implements FileSource {
  readonly name: string;
  readonly files: readonly string[];
  readonly format: FormatInfo;
  readonly dataset: Dataset;
  readonly fingerprint: string;
  readonly bytes?: number;
  readonly repeatable = true;
  readonly #main: FileSource;
  readonly #side: SideTable;
  readonly #ranges: readonly Range[];
  /** The column of the index's own ids, which the joined ones replace. */
  readonly #own: Field | undefined;

  constructor(main: FileSource, side: SideTable, ranges: readonly Range[]) {
    this.#main = main;
    this.#side = side;
    this.#ranges = ranges;
    this.#own = main.format.name === 'faiss' ? idField(main.dataset) : undefined;
    this.name = main.name;
    this.files = main.files;
    this.format = main.format;
    this.fingerprint = `${main.fingerprint} ${side.fingerprint}`;
    if (main.bytes !== undefined) this.bytes = main.bytes;
    this.dataset = joinDatasets(main, side, this.#own);
    if (ranges.length > 1 && (this.#own !== undefined || ranges.some(({ rows }) => rows === undefined))) {
      throw new VtsError('Usage', `${side.name} cannot be joined to several files at once`, {
        expected: 'one file, or several whose rows are counted and have no ids',
      });
    }
  }

  plan(): Promise<readonly Range[]> {
    return Promise.resolve(this.#ranges);
  }

  async *read(range: Range, request: ReadRequest): ReturnType<Source['read']> {
    const { after, columns } = request;
    const { main, row: done } = (after ?? { main: undefined, row: 0 }) as JoinedCursor;
    const schema = projectSchema(this.dataset.schema, columns);
    const names = new Set(schema.fields.map((field) => field.name));
    const sideNames = new Set(this.#side.fields.map(({ name }) => name).filter((name) => names.has(name)));
    const wanted = this.#mainColumns(names, sideNames.size > 0);
    const { after: _, ...rest } = request;
    const batches = this.#main.read(range, {
      ...rest,
      ...(main === undefined ? {} : { after: main }),
      columns: wanted,
      batchBytes: this.#mainBytes(wanted, sideNames.size > 0, request.batchBytes),
    });
    const first = this.#firstRow(range);
    let row = done;
    for await (const { batch, cursor } of batches) {
      const joined = sideNames.size === 0 ? [] : this.#side.gather(this.#keys(batch, first + row), sideNames);
      const sideFields = this.#side.fields.filter((field) => sideNames.has(field.name));
      const byName = columnsByName(batch);
      const all = schema.fields.map(({ name }): Column =>
        sideNames.has(name) ? joined[sideFields.findIndex((field) => field.name === name)] : byName.get(name)!
      );
      row += batch.length;
      yield { batch: makeBatch(schema, all), cursor: { main: cursor, row } satisfies JoinedCursor };
    }
    if (request.limit === undefined) this.#requireEnd(range, first + row);
  }

  fraction(): number | undefined {
    return this.#main.fraction?.();
  }

  async inspect(): ReturnType<FormatReader['inspect']> {
    return { ...await this.#main.inspect(), joined: this.#side.name };
  }

  async close(): Promise<void> {
    this.#side.close();
    await this.#main.close();
  }

  /** What to read of the files: at least one column, by which rows are counted. */
  #mainColumns(names: ReadonlySet<string>, joins: boolean): readonly string[] {
    const fields = this.#main.dataset.schema.fields;
    const wanted = fields.filter((field) => field === this.#own ? joins : names.has(field.name));
    return (wanted.length > 0 ? wanted : fields.slice(0, 1)).map((field) => field.name);
  }

  /** The share of a batch's bytes that falls to the files. */
  #mainBytes(columns: readonly string[], joins: boolean, batchBytes: number): number {
    if (!joins) return batchBytes;
    const main = this.#main.dataset.schema.fields.filter((field) => columns.includes(field.name))
      .reduce((sum, field) => sum + estimatedRowBytes(field.type), 0);
    return Math.max(1, Math.floor(batchBytes * main / (main + this.#side.rowBytes)));
  }

  #keys(batch: Batch, firstRow: number): Keys {
    if (this.#own === undefined) return { start: firstRow, count: batch.length };
    const column = batch.columns[batch.schema.fields.findIndex((field) => field.name === this.#own!.name)];
    return { numbers: column.values as BigInt64Array };
  }

  #firstRow(range: Range): number {
    const index = this.#ranges.findIndex(({ id }) => id === range.id);
    return this.#ranges.slice(0, index).reduce((sum, { rows }) => sum + rows!, 0);
  }

  /** Where rows were not known before, the counts are compared at the end. */
  #requireEnd(range: Range, rows: number): void {
    if (range.rows === undefined && rows !== this.#side.rows) throw otherCount(this.#main, rows, this.#side);
  }
}

function joinDatasets(main: FileSource, side: SideTable, own: Field | undefined): Dataset {
  const { dataset } = main;
  if (dataset.rows !== undefined && dataset.rows !== side.rows) throw otherCount(main, dataset.rows, side);
  const kept = dataset.schema.fields.filter((field) => field !== own);
  const twin = side.fields.find((field) => kept.some(({ name }) => name === field.name));
  if (twin !== undefined) {
    throw new VtsError(
      'Usage',
      `${main.name} has a column "${twin.name}" already, which ${side.name} would give it`,
      {
        field: twin.name,
        expected: 'an index or a file of vectors without ids',
      },
    );
  }
  const ids = side.fields.filter((field) => field.primaryKey);
  const others = side.fields.filter((field) => !field.primaryKey);
  const notes = dataset.notes.filter((note) => !/\bno ids\b/.test(note));
  return {
    ...dataset,
    schema: { ...dataset.schema, fields: [...ids, ...kept, ...others] },
    roles: { ...dataset.roles, ...(ids.length > 0 ? { id: ids[0].name } : {}) },
    notes: [
      ...notes,
      own === undefined
        ? `${side.name} is joined by position: its first entry belongs to row 0`
        : `${side.name} is joined by the index's own ids: they say which entry belongs to a row`,
      ...side.notes,
    ],
  };
}

function otherCount(main: FileSource, rows: number, side: SideTable): VtsError {
  return new VtsError(
    'InputMalformed',
    `${main.name} has ${rows} rows, and ${side.name} has ${side.rows} entries`,
    {
      file: side.name,
      expected: 'one entry for each row',
      remedy: side.hint ?? 'check that both files belong together',
    },
  );
}
