/** MilvusDM's jobs: what each key of its four tasks comes to. */
import { describe, expect, test } from 'bun:test';
import { VtsError } from '../../src/errors.ts';
import type { Job } from '../../src/jobs/job.ts';
import { readJob } from '../../src/jobs/read-job.ts';
import { NO_SURVEY } from '../../src/jobs/survey.ts';

const read = (text: string): Promise<Job> => readJob({ name: 'job.yaml', text, variables: { PORT: '1' } });

/** `task` as YAML, with `changes` to the keys of a job that is right; undefined takes a key away. */
function yaml(task: keyof typeof RIGHT, changes: Readonly<Record<string, string | undefined>> = {}): string {
  const keys = { ...RIGHT[task], ...changes };
  const lines = Object.entries(keys).filter(([, value]) => value !== undefined);
  return `${task}:\n${lines.map(([key, value]) => `  ${key}: ${value}\n`).join('')}`;
}

const PARAMETER = '{dimension: 8, index_file_size: 1024, metric_type: L2}';
const TARGET = { dest_host: "'127.0.0.1'", dest_port: '19530', mode: 'append' };
const SOURCE = {
  milvus_version: '0.10.5',
  source_host: 'old',
  source_port: '19531',
  source_collection: '{test: }',
};

/** The example jobs of its README, with servers in place of the files of Milvus 1.x. */
const RIGHT = {
  F2M: {
    milvus_version: '0.10.5',
    data_path: "'/home/data/faiss1.index'",
    ...TARGET,
    dest_collection_name: "'test'",
    dest_partition_name: "''",
    collection_parameter: PARAMETER,
  },
  H2M: {
    'milvus-version': '0.10.5',
    data_path: '[/data/float_1.h5, /data/float_2.h5]',
    data_dir: '',
    ...TARGET,
    dest_collection_name: "'test_float'",
    dest_partition_name: "'partition_1'",
    collection_parameter: PARAMETER,
  },
  M2M: { ...SOURCE, mysql_parameter: '', source_milvus_path: '', ...TARGET },
  M2H: { ...SOURCE, mysql_parameter: '', source_milvus_path: '', data_dir: "'/home/user/data'" },
} as const satisfies Record<string, Record<string, string>>;

type Task = keyof typeof RIGHT;

describe('the examples of MilvusDM', () => {
  test('F2M', async () => {
    const { steps, notes } = await read(yaml('F2M'));
    expect(steps).toMatchObject([{
      verb: 'import',
      from: ['/home/data/faiss1.index'],
      to: 'milvus://127.0.0.1:19530/default/test',
      flags: {
        from: 'faiss',
        'row-ids': 'id',
        rename: { vector: 'embedding' },
        cast: { vector: 'FloatVector(8)' },
        metric: 'L2',
        mode: 'append',
        'create-missing': true,
      },
    }]);
    expect(Object.keys(steps[0].flags)).not.toContain('partition');
    expect(notes).toEqual(['milvus_version, index_file_size mean nothing for Milvus 2 and are passed over']);
  });

  test('H2M', async () => {
    expect((await read(yaml('H2M'))).steps).toMatchObject([{
      verb: 'import',
      from: ['/data/float_1.h5', '/data/float_2.h5'],
      to: 'milvus://127.0.0.1:19530/default/test_float',
      flags: {
        from: 'hdf5',
        fields: ['ids', 'embeddings'],
        id: 'ids',
        rename: { ids: 'id', embeddings: 'embedding' },
        cast: { ids: 'int64', embeddings: 'FloatVector(8)' },
        partition: 'partition_1',
      },
    }]);
  });

  test('M2M', async () => {
    expect((await read(yaml('M2M'))).steps).toMatchObject([{
      verb: 'copy',
      from: ['milvus://old:19531/default/test'],
      to: 'milvus://127.0.0.1:19530/default/test',
      flags: { mode: 'append', 'auto-id': 'keep' },
    }]);
  });

  test('M2H', async () => {
    const { steps } = await read(yaml('M2H'));
    expect(steps).toMatchObject([{
      verb: 'export',
      from: ['milvus://old:19531/default/test'],
      to: '/home/user/data/test/None.h5',
      flags: {
        fields: ['@id', '@vector'],
        to: 'hdf5',
        layout: 'milvusdm',
        recipe: '/home/user/data/yamls/test/None.yaml',
      },
    }]);
  });
});

/** What a changed key comes to: flags, ends, or a part of the message that refuses it. */
type Case = readonly [
  task: Task,
  changes: Readonly<Record<string, string | undefined>>,
  expected: string | {
    readonly flags?: object;
    readonly from?: readonly string[];
    readonly to?: string;
    readonly note?: string;
  },
];

const parameter = (dimension: string, metric: string) => ({
  collection_parameter: `{dimension: ${dimension}, metric_type: ${metric}}`,
});

const CASES: readonly Case[] = [
  // data_path and data_dir
  ['F2M', { data_path: undefined }, 'F2M: "data_path" is missing'],
  ['F2M', { data_path: '[a, b]' }, '"data_path" is one value, not a list'],
  ['H2M', { data_path: 'one.h5' }, { from: ['one.h5'] }],
  ['H2M', { data_path: '', data_dir: '/data/' }, { from: ['/data/*.h5'] }],
  ['H2M', { data_path: '', data_dir: '/a[b]*' }, { from: ['/a[[]b][*]/*.h5'] }],
  ['H2M', { data_dir: '/data' }, 'job.yaml:4:13: data_path and data_dir cannot both be given'],
  ['H2M', { data_path: '' }, 'H2M: "data_path" is missing'],
  ['H2M', { data_path: '[{a: b}]' }, '"data_path" is a list of names'],
  // dest_host and dest_port
  ['F2M', { dest_host: undefined }, '"dest_host" is missing'],
  ['F2M', { dest_host: 'milvus+tls://db.example' }, { to: 'milvus+tls://db.example:19530/default/test' }],
  ['F2M', { dest_host: "'::1'" }, { to: 'milvus://[::1]:19530/default/test' }],
  ['F2M', { dest_port: undefined }, '"dest_port" is missing'],
  ['F2M', { dest_port: "'19999'" }, { to: 'milvus://127.0.0.1:19999/default/test' }],
  ['F2M', { dest_port: '${PORT}' }, { to: 'milvus://127.0.0.1:1/default/test' }],
  ['F2M', { dest_port: '${PORT2:2}' }, { to: 'milvus://127.0.0.1:2/default/test' }],
  ['F2M', { dest_port: '${PORT2}' }, '${PORT2} is not set'],
  ['F2M', { dest_port: '9007199254740993' }, '"9007199254740993" is no port'],
  ['F2M', { dest_port: '0' }, '"0" is no port'],
  // names
  ['F2M', { dest_database: 'db' }, { to: 'milvus://127.0.0.1:19530/db/test' }],
  ['M2M', { source_database: 'db' }, { from: ['milvus://old:19531/db/test'] }],
  ['F2M', { dest_collection_name: undefined }, '"dest_collection_name" is missing'],
  ['F2M', { dest_collection_name: '9007199254740993' }, {
    to: 'milvus://127.0.0.1:19530/default/9007199254740993',
  }],
  ['F2M', { dest_collection_name: 'a/b' }, { to: 'milvus://127.0.0.1:19530/default/a%2Fb' }],
  ['F2M', { dest_partition_name: 'p' }, { flags: { partition: 'p' } }],
  ['H2M', { dest_partition_name: '' }, { flags: { mode: 'append' } }],
  // mode
  ['F2M', { mode: 'skip' }, { flags: { mode: 'skip' } }],
  ['F2M', { mode: 'overwrite' }, { flags: { mode: 'replace' } }],
  ['H2M', { mode: 'overwrite' }, { flags: { mode: 'replace-partition', partition: 'partition_1' } }],
  ['F2M', { mode: undefined }, '"mode" is missing'],
  ['F2M', { mode: 'upsert' }, 'there is no mode "upsert"'],
  ['M2M', { mode: 'replace' }, 'there is no mode "replace"'],
  // collection_parameter
  ['F2M', { collection_parameter: '' }, '"collection_parameter" is missing'],
  ['F2M', { collection_parameter: '8' }, '"collection_parameter" is a map'],
  ['F2M', { collection_parameter: '{dimension: 8}' }, '"metric_type" is missing'],
  ['F2M', { collection_parameter: '{metric_type: L2}' }, '"dimension" is missing'],
  ['F2M', parameter('0', 'L2'), '"0" is no dimension'],
  ['F2M', parameter('8', 'L3'), 'there is no metric "L3"'],
  ['F2M', parameter('8', 'ip'), { flags: { metric: 'IP', cast: { vector: 'FloatVector(8)' } } }],
  ['H2M', parameter('8', 'COSINE'), { flags: { metric: 'COSINE' } }],
  ['H2M', parameter('512', 'HAMMING'), {
    flags: { metric: 'HAMMING', cast: { embeddings: 'BinaryVector(512)' } },
  }],
  ['H2M', parameter('12', 'JACCARD'), 'do not fill their bytes'],
  ['H2M', parameter('8', 'TANIMOTO'), { flags: { metric: 'JACCARD' }, note: 'TANIMOTO becomes JACCARD' }],
  ['H2M', parameter('8', 'SUBSTRUCTURE'), {
    flags: { index: ['embedding:BIN_FLAT{metric_type:SUBSTRUCTURE}'] },
  }],
  ['H2M', parameter('8', 'SUPERSTRUCTURE'), {
    flags: { index: ['embedding:BIN_FLAT{metric_type:SUPERSTRUCTURE}'] },
  }],
  ['F2M', { collection_parameter: '{dimension: 8, metric_type: L2, nlist: 1}' }, 'has no key "nlist"'],
  // sources that are servers
  ['M2M', { source_host: undefined, source_milvus_path: 'milvus://a:1/' }, {
    from: ['milvus://a:1/default/test'],
  }],
  [
    'M2M',
    { source_host: undefined, source_milvus_path: '/home/user/milvus' },
    'the files of a Milvus 1.x server are not read',
  ],
  [
    'M2H',
    { source_host: undefined, source_milvus_path: '/m', mysql_parameter: '{host: h}' },
    'the MySQL database of a Milvus 1.x',
  ],
  ['M2H', { source_host: undefined, source_port: undefined }, '"source_host" is missing'],
  ['M2M', { source_milvus_path: '/m' }, {
    from: ['milvus://old:19531/default/test'],
    note: 'mean nothing then',
  }],
  ['M2M', { source_port: undefined }, { from: ['milvus://old:19530/default/test'] }],
  ['M2M', { source_port: 'x' }, '"x" is no port'],
  // source_collection
  ['M2M', { source_collection: undefined }, '"source_collection" is missing'],
  ['M2M', { source_collection: 'test' }, '"source_collection" is a map'],
  ['M2M', { source_collection: "{'*': }" }, 'vts dump and vts restore'],
  ['M2M', { source_collection: '{test: [p1]}' }, { flags: { partition: ['p1'], mode: 'append' } }],
  ['M2M', { source_collection: '{test: [p1]}', mode: 'overwrite' }, { flags: { mode: 'replace-partition' } }],
  ['M2H', { source_collection: '{test: [p1]}' }, {
    to: '/home/user/data/test/p1.h5',
    flags: { partition: ['p1'] },
  }],
  ['M2H', { source_collection: '{test: []}' }, { to: '/home/user/data/test/None.h5' }],
  // others
  ['M2H', { data_dir: undefined }, '"data_dir" is missing'],
  ['F2M', { index_type: 'FLAT' }, 'F2M has no key "index_type"'],
  ['M2M', { data_dir: '/x' }, 'M2M has no key "data_dir"'],
];

test('M2H writes a file of each partition that holds rows', async () => {
  const found: Record<string, readonly string[] | undefined> = {
    a: ['_default', 'p'],
    b: ['_default'],
    c: undefined,
    d: [],
  };
  const survey = {
    ...NO_SURVEY,
    partitions: (address: string, database: string, collection: string) => {
      expect([address, database]).toEqual(['milvus://old:19531', 'default']);
      return Promise.resolve(found[collection]);
    },
  };
  const text = yaml('M2H', { source_collection: '{a: , b: , c: , d: , e: [q]}', data_dir: 'd' });
  const { steps } = await readJob({ name: 'job.yaml', text, variables: {} }, survey);
  expect(steps.map(({ to, flags }) => [to, flags.partition])).toEqual([
    ['d/a/_default.h5', ['_default']],
    ['d/a/p.h5', ['p']],
    ['d/b/None.h5', undefined],
    ['d/c/None.h5', undefined],
    ['d/d/None.h5', undefined],
    ['d/e/q.h5', ['q']],
  ]);
  expect(Object.keys(steps[0])).not.toContain('whole');
});

describe('every key', () => {
  for (const [task, changes, expected] of CASES) {
    test(`${task} ${JSON.stringify(changes)}`, async () => {
      if (typeof expected === 'string') {
        const error = await read(yaml(task, changes)).catch((thrown) => thrown);
        expect(error).toBeInstanceOf(VtsError);
        return expect((error as VtsError).message).toContain(expected);
      }
      const { note, ...step } = expected;
      const { steps, notes } = await read(yaml(task, changes));
      expect(steps[0]).toMatchObject(step);
      if (note !== undefined) expect(notes.join()).toContain(note);
    });
  }

  test('is in the table or in the examples', () => {
    const keys = new Set(
      CASES.flatMap(([task, changes]) => Object.keys(changes).map((key) => `${task} ${key}`)),
    );
    const tried = [...keys].map((key) => key.split(' ')[1]);
    for (const task of Object.keys(RIGHT) as Task[]) {
      for (const key of Object.keys(RIGHT[task])) {
        expect([...tried, 'milvus_version', 'milvus-version']).toContain(key);
      }
    }
  });
});

describe('several tasks in one file', () => {
  const [f2m, h2m] = [yaml('F2M'), yaml('H2M')];
  const forms: Record<string, string> = {
    'as keys': f2m + h2m,
    'as documents': `${f2m}---\n${h2m}`,
    'as a list': `- ${f2m.replaceAll('\n', '\n  ').trimEnd()}\n- ${h2m.replaceAll('\n', '\n  ').trimEnd()}\n`,
  };
  for (const [name, text] of Object.entries(forms)) {
    test(name, async () => {
      const { steps } = await read(text);
      expect(steps.map(({ flags }) => flags.from)).toEqual(['faiss', 'hdf5']);
    });
  }

  test('of the same kind under one key', async () => {
    const item = '{data_path: a.index, dest_host: a, dest_port: 1, mode: skip, dest_collection_name: c, ' +
      'collection_parameter: {dimension: 8, metric_type: L2}}';
    expect((await read(`F2M: [${item}, ${item}]`)).steps).toHaveLength(2);
  });

  test('several collections and partitions are steps of their own', async () => {
    const { steps } = await read(yaml('M2M', { source_collection: '{a: [p, q], b: }', mode: 'skip' }));
    expect(steps.map(({ to, flags }) => [to, flags.partition])).toEqual([
      ['milvus://127.0.0.1:19530/default/a', ['p']],
      ['milvus://127.0.0.1:19530/default/a', ['q']],
      ['milvus://127.0.0.1:19530/default/b', undefined],
    ]);
  });

  test('of another name, or without keys, are refused', async () => {
    const error = await read('F2M:\nX2M: {a: b}\n').catch((thrown) => thrown);
    expect(error.message).toContain('2 problems');
    expect(error.message).toContain('job.yaml:2:1: there is no task "X2M"');
    expect(error.message).toContain('F2M has no keys');
  });
});
