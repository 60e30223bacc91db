/** JSON lines keep the contract of formats. */
import { jsonl } from '../../src/formats/jsonl/format.ts';
import { formatContract } from '../contract/format-contract.ts';

formatContract({ format: jsonl, detectsTruncation: false });
