// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// A service over time: traffic, the share of errors and how long it took, under
// one cursor, with the distribution of the whole range beside them.
import { useMemo } from 'preact/hooks';
import { Chart } from '../../charts/chart';
import type { Column } from '../../charts/chart';
import { errorPlot, latencyPlot } from '../../charts/latency';
import { trafficPlot } from '../../charts/plot';
import { historyNote, trafficSummary } from '../../charts/summary';
import * as format from '../../format';
import { asSeries, errorShares, thresholds } from '../../service';
import type { ServiceDocument } from '../../service';
import { errorSummary, latencySummary } from '../../servicesummary';
import { chooseRange, rfc3339, zone } from '../../time';
import { Swatch } from '../slo/swatch';
import { DistributionChart } from './distribution';
import { QuantileSwatch } from './swatch';

const height = 190;

export function ServiceCharts({ of }: { of: ServiceDocument }) {
  const series = useMemo(() => asSeries(of), [of]);
  const timed = useMemo(() => ({ ...series, ...of.series }), [series, of]);
  const under = useMemo(() => thresholds(of), [of]);
  const shares = useMemo(() => errorShares(of.series), [of]);
  // The plots are rebuilt only when what they show changed, not on every repaint of the page.
  const plots = useMemo(
    () => ({
      traffic: (z: typeof zone.value) => trafficPlot(series, z, []),
      errors: (z: typeof zone.value) => errorPlot(series, z),
      latency: (z: typeof zone.value) => latencyPlot(timed, under, z),
    }),
    [series, timed, under],
  );
  const about = [of.service, ...(of.operation === '' ? [] : [of.operation])];
  const shared = {
    stamps: series.timestamps, about, height,
    zoom: (from: number, to: number): void => chooseRange({ from: rfc3339(from), to: rfc3339(to) }),
    back: (): void => chooseRange({ from: '', to: 'now' }),
  };
  const source: Column = { head: 'source', cell: (i) => series.source[i] ?? format.notMeasured };
  const numbers = (head: string, values: (number | null)[], text: (n: number | null | undefined) => string): Column => ({ head, cell: (i) => text(values[i]), raw: (i) => values[i] });
  const took = (ms: number | null | undefined): string => (ms == null ? 'no duration' : format.millis(ms));
  const { p50_ms, p95_ms, p99_ms } = of.series;
  const history = historyNote(series);
  return (
    <div class="service-charts">
      <Chart {...shared} title="Traffic" summary={trafficSummary(series) + history} plot={plots.traffic}
        legend={<><Swatch kind="sli" /> valid <Swatch kind="bad" /> bad, per {format.duration(series.step_seconds)}, logarithmic</>}
        columns={[numbers('good', series.good, format.count), numbers('bad', series.bad, format.count), numbers('excluded', series.excluded, format.count), source]} />
      <Chart {...shared} title="Latency" summary={latencySummary(of.series, zone.value) + history} plot={plots.latency}
        legend={<><QuantileSwatch of={0} /> p50 <QuantileSwatch of={1} /> p95 <QuantileSwatch of={2} /> p99{under.length > 0 && <> <Swatch kind="target" /> thresholds of objectives</>} · within 9%</>}
        columns={[numbers('p50', p50_ms, took), numbers('p95', p95_ms, took), numbers('p99', p99_ms, took), source]} />
      <Chart {...shared} title="Error share" summary={errorSummary(of.series, zone.value) + history} plot={plots.errors}
        legend={<><Swatch kind="bad" /> bad of valid, per {format.duration(series.step_seconds)}</>}
        columns={[{ head: 'error share', cell: (i) => shareText(series.good[i], shares[i]), raw: (i) => shares[i] }, numbers('bad', series.bad, format.count), source]} />
      <DistributionChart of={of.distribution} thresholds={under} about={about} note={history === '' ? '' : ' Back-filled history is in it.'} />
    </div>
  );
}

const shareText = (good: number | null | undefined, share: number | null | undefined): string =>
  good == null ? format.notMeasured : share == null ? 'no events' : format.share(share, 2);
