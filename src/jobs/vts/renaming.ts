/** The keys by which FieldRename and TableRename make new names. */
import type { Block } from './block.ts';

/** Reads them. `specific` is the key of a name in the list of names with a name of their own, which only fields have. */
export function readRenaming(
  block: Block,
  specific: 'field_name' | undefined,
): ((name: string) => string) | undefined {
  const toCase = block.choice('convert_case', ['UPPER', 'LOWER']);
  const prefix = block.text('prefix') ?? '';
  const suffix = block.text('suffix') ?? '';
  const replacements = (block.blocks('replacements_with_regex') ?? []).flatMap((one) => {
    const from = one.required('replace_from', '"old"');
    const to = one.text('replace_to') ?? '';
    // Without is_regex a whole name is meant; that tool reads the key so although its example leaves it out.
    const isRegex = one.truth('is_regex') ?? false;
    one.end();
    const pattern = isRegex ? compile(one, from) : undefined;
    return from === '' ? [] : [{ from, to, pattern }];
  });
  const own = specific === undefined ? [] : (block.blocks('specific') ?? []).map((one) => {
    const pair = [one.required(specific, 'old'), one.required('target_name', 'new')] as const;
    one.end();
    return pair;
  });
  const isNothing = toCase === undefined && prefix === '' && suffix === '' && replacements.length === 0 &&
    own.length === 0;
  if (isNothing && block.problems.found.length === 0) {
    block.problems.add(
      block.at,
      `${block.title} changes no name`,
      'give convert_case, prefix, suffix or replacements_with_regex',
    );
  }
  return (name) => {
    const special = own.find(([old]) => old === name);
    if (special !== undefined) return special[1];
    // The last rule that matches counts, and what it puts in keeps its case.
    const rule = replacements.findLast(({ from, pattern }) =>
      pattern === undefined ? from === name : matches(pattern, name)
    );
    const cased = (text: string) =>
      toCase === 'UPPER' ? text.toUpperCase() : toCase === 'LOWER' ? text.toLowerCase() : text;
    if (rule === undefined) return prefix + cased(name) + suffix;
    if (rule.pattern === undefined) return prefix + rule.to + suffix;
    return prefix + replaceAll(name, rule.pattern, rule.to, cased) + suffix;
  };
}

function matches(pattern: RegExp, name: string): boolean {
  const found = name.search(pattern) >= 0;
  pattern.lastIndex = 0;
  return found;
}

function replaceAll(name: string, pattern: RegExp, to: string, cased: (text: string) => string): string {
  let text = '';
  let end = 0;
  for (const match of name.matchAll(pattern)) {
    text += cased(name.slice(end, match.index)) + to;
    end = match.index + match[0].length;
  }
  return text + cased(name.slice(end));
}

function compile(block: Block, text: string): RegExp | undefined {
  try {
    return new RegExp(text, 'g');
  } catch {
    block.refuse('replace_from', `${JSON.stringify(text)} is no regular expression`);
    return undefined;
  }
}
