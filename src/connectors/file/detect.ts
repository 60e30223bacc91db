/** Which format a file is of: what the user says, else its extension, checked against its first bytes. */
import { VtsError } from '../../errors.ts';
import { shellQuote } from '../../core/shell.ts';
import type { FormatInfo } from '../../formats/format.ts';
import { formatByExtension, formatByMagic, formatByName, FORMATS } from '../../formats/registry.ts';
import type { ByteSource } from '../../stores/bytes.ts';

/**
 * The format of `source`; `name` is what `--from` says.
 * @throws VtsError Usage, UnknownFormat, InputMalformed when extension and content contradict each other
 */
export async function detectInput(source: ByteSource, name: string | undefined): Promise<FormatInfo> {
  if (name !== undefined) return formatByName(name);
  const byExtension = formatByExtension(source.name);
  if (byExtension?.bare === true) return byExtension;
  const head = await source.peek();
  const byMagic = formatByMagic(head);
  if (byMagic !== undefined && byExtension !== undefined && byMagic !== byExtension) {
    throw new VtsError(
      'InputMalformed',
      `${source.name} is named like ${byExtension.title} but holds ${byMagic.title}`,
      { file: source.name, byte: 0, remedy: `add --from ${byMagic.name} to read it as it is` },
    );
  }
  refuseJsonDocument(source.name, head);
  const format = byMagic ?? byExtension;
  if (format !== undefined) return format;
  throw new VtsError('UnknownFormat', `${source.name} is of no format that vts knows`, {
    file: source.name,
    expected: knownFormats(),
    remedy: 'add --from FORMAT if it is one of these',
  });
}

/** One JSON document is not JSON lines: names the command that makes lines of it. */
function refuseJsonDocument(file: string, head: Uint8Array): void {
  const text = new TextDecoder().decode(head);
  const path = /^\s*\[/.test(text) ? '.[]' : /^\s*\{\s*"rows"\s*:\s*\[/.test(text) ? '.rows[]' : undefined;
  if (path === undefined) return;
  throw new VtsError('UnknownFormat', `${file} is one JSON document, not JSON lines`, {
    file,
    byte: 0,
    expected: 'a JSON object a line',
    remedy: `jq -c '${path}' ${file === 'stdin' ? '' : `${shellQuote(file)} `}| vts convert - OUTPUT`,
  });
}

/**
 * The format to write to `path`; `name` is what `--to` says.
 * @throws VtsError Usage
 */
export function detectOutput(path: string, name: string | undefined): FormatInfo {
  if (name !== undefined) return formatByName(name);
  const format = path === '-' ? formatByName('jsonl') : formatByExtension(path);
  if (format !== undefined) return format;
  throw new VtsError('Usage', `The name ${path} does not say which format to write`, {
    expected: knownFormats(),
    remedy: 'use one of these extensions, or add --to FORMAT',
  });
}

function knownFormats(): string {
  return FORMATS.map((format) => `${format.title} (${format.extensions.join(' ')})`).join(', ');
}
