/** `${NAME}` and `${NAME:default}` in the values of a job. */
import type { Position, Problems } from './problems.ts';

/**
 * `text` with its variables replaced; one that is neither set nor has a default is a problem. `$${` writes a plain `${`.
 * What a variable stands for is not looked at again.
 */
export function substitute(
  text: string,
  variables: Readonly<Record<string, string | undefined>>,
  at: Position,
  problems: Problems,
): string {
  return text.replaceAll(/\$\$\{|\$\{([^}:]*)(?::([^}]*))?\}/g, (whole, name: string, otherwise?: string) => {
    if (whole === '$${') return '${';
    const value = Object.hasOwn(variables, name) ? variables[name] ?? otherwise : otherwise;
    if (value !== undefined) return value;
    problems.add(
      at,
      `\${${name}} is not set`,
      `set ${name} in the environment, or write \${${name}:default}`,
    );
    return whole;
  });
}
