/** Variables within texts in quotes, as SeaTunnel replaces them: `"${table:docs}_copy"`. */
import type { Position, Problems } from '../problems.ts';

/** What variables stand for: the environment. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Names that stand for the table, the file or the row at hand; they are no variables and stay as they are. */
const RESERVED: ReadonlySet<string> = new Set([
  'database_name',
  'schema_name',
  'table_name',
  'schema_full_name',
  'table_full_name',
  'primary_key',
  'unique_key',
  'field_names',
  'now',
  'uuid',
  'transactionId',
]);

/** `text` with its variables replaced; one that is neither set nor has a default is a problem. */
export function expandText(text: string, variables: Variables, at: Position, problems: Problems): string {
  return text.replaceAll(/\$\{([^:{}]+)(?::([^}]*))?\}/g, (whole, name: string, otherwise?: string) => {
    if (RESERVED.has(name)) return whole;
    const value = (Object.hasOwn(variables, name) ? variables[name] : undefined) || otherwise?.trim();
    if (value !== undefined) return value;
    problems.add(
      at,
      `\${${name}} is not set`,
      `set ${name} in the environment, or write \${${name}:default}`,
    );
    return whole;
  });
}
