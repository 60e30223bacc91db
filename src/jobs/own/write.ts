/** A job of any form in vts' own form, as `vts run --print` shows it: without secrets. */
import { Document } from 'yaml';
import type { FlagValue, Job, Step } from '../job.ts';

/** Flags whose values are secrets, each with what says it instead. */
const SECRETS: Readonly<Record<string, string>> = {
  'token': 'VTS_TOKEN or token-file',
  'password': 'VTS_PASSWORD or password-file',
  'target-token': 'VTS_TARGET_TOKEN or target-token-file',
  'target-password': 'VTS_TARGET_PASSWORD or target-password-file',
};

const FORMATS: Readonly<Record<string, string>> = { from: 'from-format', to: 'to-format' };

/** `job` as YAML that {@linkcode readOwnJob} reads. */
export function writeOwnJob({ steps, notes }: Job): string {
  const left = new Set<string>();
  const document = new Document({ steps: steps.map((step) => plainStep(step, left)) });
  const comments = [
    ...notes,
    ...[...left].map((flag) =>
      `${flag} is left out, as it is a secret: ${SECRETS[flag] ?? 'give it by --token-file'}`
    ),
  ];
  if (comments.length > 0) document.commentBefore = comments.map((text) => ` ${text}`).join('\n');
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function plainStep({ verb, from, to, flags }: Step, left: Set<string>): Record<string, unknown> {
  const end = (text: string) => escaped(withoutUser(text, left));
  const plain: Record<string, unknown> = {
    ...(verb === undefined ? {} : { verb }),
    from: from.length === 1 ? end(from[0]) : from.map(end),
    ...(to === undefined ? {} : { to: end(to) }),
  };
  for (const [flag, value] of Object.entries(flags)) {
    if (Object.hasOwn(SECRETS, flag)) left.add(flag);
    else plain[FORMATS[flag] ?? flag] = plainValue(value);
  }
  return plain;
}

function plainValue(value: FlagValue): unknown {
  // Whole numbers without quotes: they are read as they are written.
  if (typeof value === 'string') return /^(0|-?[1-9]\d*)$/.test(value) ? BigInt(value) : escaped(value);
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, escaped(text)]));
}

/** A text that means itself when variables are replaced in it. */
function escaped(text: string): string {
  return text.replaceAll('${', () => '$${');
}

/** `milvus://user:password@host` without what comes before the `@`. */
function withoutUser(text: string, left: Set<string>): string {
  const [, scheme, rest] = /^([\w+]+:\/\/)[^/?#]*@(.*)$/s.exec(text) ?? [];
  if (scheme === undefined) return text;
  left.add('user:password@');
  return scheme + rest;
}
