/** CSV keeps the contract of formats. */
import { csv } from '../../src/formats/csv/format.ts';
import { formatContract } from '../contract/format-contract.ts';

formatContract({ format: csv, detectsTruncation: false });
