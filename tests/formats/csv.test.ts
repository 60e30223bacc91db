/** CSV keeps the contract of formats. */
import { csv } from '../../src/formats/csv/format.ts';
import { formatContract } from '../contract/format-contract.ts';
import { fixturesMatch } from '../support/fixtures.ts';

formatContract({ format: csv, detectsTruncation: false });
fixturesMatch(csv, 'csv', 15);
