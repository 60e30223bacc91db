/** `text` as one word of a shell command, in single quotes where it needs them. */
export function shellQuote(text: string): string {
  return /^[\w.$/:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
