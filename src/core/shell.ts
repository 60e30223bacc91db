/** `text` as one word of a shell command, in single quotes where it needs them. */
export function shellQuote(text: string): string {
  return /^[\w.$/:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `names` as the value of `--fields`: a comma in a name is written `\,`. */
export function fieldList(names: readonly string[]): string {
  return shellQuote(names.map((name) => name.replaceAll(',', '\\,')).join(','));
}
