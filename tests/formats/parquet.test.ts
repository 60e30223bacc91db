import { formatContract } from '../contract/format-contract.ts';
import { parquet } from '../../src/formats/parquet/format.ts';

formatContract({ format: parquet, detectsTruncation: true });
