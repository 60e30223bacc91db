import { hdf5 } from '../../src/formats/hdf5/format.ts';
import { formatContract } from '../contract/format-contract.ts';
import { fixturesMatch } from '../support/fixtures.ts';

formatContract({ format: hdf5, detectsTruncation: true });
fixturesMatch(hdf5, 'hdf5', 22);
