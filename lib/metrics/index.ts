export { metricsPage } from './document.ts';
export { httpSeries, refusalMetrics, requestMetrics } from './http.ts';
export { inferenceMetrics, inferenceSeries, inferenceStateMetrics } from './inference.ts';
export { type Counting, type Labels, type Measuring, Metrics, type Reading } from './metrics.ts';
export { processMetrics, processSeries } from './process.ts';
export { invocationMetrics, loadMetrics, pythonSeries } from './python.ts';
export {
  type CounterSeries,
  type GaugeSeries,
  type HistogramSeries,
  secondsBuckets,
  type SeriesTable,
} from './series.ts';
