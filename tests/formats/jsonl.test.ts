/** JSON lines keep the contract of formats. */
import { jsonl } from '../../src/formats/jsonl/format.ts';
import { formatContract } from '../contract/format-contract.ts';
import { fixturesMatch } from '../support/fixtures.ts';

formatContract({ format: jsonl, detectsTruncation: false });
fixturesMatch(jsonl, 'jsonl', 20);
