/** The names from Python modules that a pickle of documents may mention. None of them is ever looked up: each only says what follows. */

/** What a name stands for. */
export type Role =
  | 'document'
  | 'docstore'
  | 'set'
  | 'list'
  | 'dict'
  | 'factory'
  | 'uuid'
  | 'datetime'
  | 'date'
  | 'time'
  | 'timezone'
  | 'timedelta'
  | 'decimal'
  | 'path'
  | 'encode'
  | 'dtype'
  | 'scalar';

/** LangChain has moved its classes over the years. */
const DOCUMENT_MODULES = [
  'langchain_core.documents.base',
  'langchain_core.documents',
  'langchain_core.documents.document',
  'langchain_classic.schema',
  'langchain_classic.schema.document',
  'langchain_classic.docstore.document',
  'langchain_community.docstore.document',
  'langchain.schema',
  'langchain.schema.document',
  'langchain.docstore.document',
  'langchain.documents',
];
const DOCSTORE_MODULES = [
  'langchain_community.docstore.in_memory',
  'langchain_community.docstore',
  'langchain_classic.docstore.in_memory',
  'langchain.docstore.in_memory',
  'langchain.docstore',
];

const BUILTINS: Readonly<Record<string, Role>> = {
  set: 'set',
  frozenset: 'set',
  list: 'list',
  tuple: 'list',
  dict: 'dict',
  int: 'factory',
  float: 'factory',
  str: 'factory',
  bool: 'factory',
};

const OTHERS: Readonly<Record<string, Role>> = {
  'collections OrderedDict': 'dict',
  'collections defaultdict': 'dict',
  'uuid UUID': 'uuid',
  'datetime datetime': 'datetime',
  'datetime date': 'date',
  'datetime time': 'time',
  'datetime timezone': 'timezone',
  'datetime timedelta': 'timedelta',
  'decimal Decimal': 'decimal',
  '_codecs encode': 'encode',
  'numpy dtype': 'dtype',
  'numpy.core.multiarray scalar': 'scalar',
  'numpy._core.multiarray scalar': 'scalar',
};

const PATHS = ['PosixPath', 'WindowsPath', 'PurePosixPath', 'PureWindowsPath', 'Path', 'PurePath'];

/** All names, in the order of their numbers. */
export const GLOBALS: readonly (readonly [name: string, role: Role])[] = [
  ...DOCUMENT_MODULES.map((module) => [`${module} Document`, 'document'] as const),
  ...DOCSTORE_MODULES.map((module) => [`${module} InMemoryDocstore`, 'docstore'] as const),
  ...['builtins', '__builtin__'].flatMap((module) =>
    Object.entries(BUILTINS).map(([name, role]) => [`${module} ${name}`, role] as const)
  ),
  ...Object.entries(OTHERS),
  ...['pathlib', 'pathlib._local'].flatMap((module) =>
    PATHS.map((name) => [`${module} ${name}`, 'path'] as const)
  ),
];

const NUMBERS: ReadonlyMap<string, number> = new Map(GLOBALS.map(([name], i) => [name, i]));

/** The number of a name (`module name`); `undefined` for all that are not among {@linkcode GLOBALS}. */
export function globalNumber(name: string): number | undefined {
  return NUMBERS.get(name);
}
