/** A row that the server refuses, as people are told of it. */
import type { Batch } from '../../../core/batch.ts';
import type { PartPlan } from '../../../core/endpoint.ts';
import { jsonText } from '../../../core/json-text.ts';
import { VtsError } from '../../../errors.ts';
import type { RowPlan } from './row-plan.ts';

/** What a server says of a row, without what it was asked to do with it. */
export function reasonOf({ message }: VtsError): string {
  return message.replace(/^cannot write to .*?: the server says: /, '');
}

/** Characters of a key that a message shows. */
const SHOWN = 80;

/** The error that ends a job: which row it is, its key, and why. @param place of the row in its part */
export function refusal(
  batch: Batch,
  row: number,
  { key, columns }: RowPlan,
  reason: VtsError,
  from: PartPlan['from'],
  place: number,
): VtsError {
  const index = key === undefined ? undefined : columns[key];
  const text = index === undefined ? undefined : jsonText(batch.columns[index], row);
  const which = index === undefined || text === undefined
    ? ''
    : ` (${batch.schema.fields[index].name}: ${text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text})`;
  const { remedy, row: _, ...details } = reason.details;
  return new VtsError('RowInvalid', `${reason.message}${which}`, {
    ...details,
    ...(from === undefined ? { row: place } : { file: from.name, row: from.firstRow + place }),
    remedy: remedy ?? 'mend the row, or go on without such rows with --on-error reject --reject-file F',
  });
}
