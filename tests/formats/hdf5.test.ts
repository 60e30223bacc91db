import { hdf5 } from '../../src/formats/hdf5/format.ts';
import { formatContract } from '../contract/format-contract.ts';

formatContract({ format: hdf5, detectsTruncation: true });
