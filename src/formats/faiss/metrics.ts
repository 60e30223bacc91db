/** Faiss' numbers for metrics (`MetricType` in MetricType.h). */
import type { Metric } from '../../core/schema.ts';

const METRIC_NUMBERS = new Map<number, Metric>([
  [0, 'IP'],
  [1, 'L2'],
  [2, 'L1'],
  [3, 'Linf'],
  [4, 'Lp'],
  [20, 'Canberra'],
  [21, 'BrayCurtis'],
  [22, 'JensenShannon'],
  [23, 'JACCARD'],
  [24, 'NaNEuclidean'],
  [25, 'Gower'],
]);

/** The metric with Faiss' number `number`. */
export function metricFromNumber(number: number): Metric | undefined {
  return METRIC_NUMBERS.get(number);
}

/** Faiss' number of `metric`; `undefined` for those it lacks (COSINE, HAMMING). */
export function metricNumber(metric: Metric): number | undefined {
  for (const [number, name] of METRIC_NUMBERS) if (name === metric) return number;
  return undefined;
}
