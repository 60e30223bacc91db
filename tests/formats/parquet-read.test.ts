import { parquet } from '../../src/formats/parquet/format.ts';
import { fixturesMatch } from '../support/fixtures.ts';

fixturesMatch(parquet, 'parquet', 40);
