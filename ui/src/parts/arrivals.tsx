// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// When spans arrived: one chart of all, and a small picture for each service.
import { useMemo } from 'preact/hooks';
import { Chart } from '../charts/chart';
import { trafficPlot } from '../charts/plot';
import * as format from '../format';
import { arrivedWords, seriesOf } from '../intake';
import type { Arrivals } from '../intake';
import { query, setQuery } from '../router';
import { instant, zone } from '../time';
import { sparkHeight } from '../trend';
import { hereWith } from '../places';

export const arrivalWindows = ['1h', '6h', '24h', '7d'] as const;

/** The window that the address names. */
export const arrivalWindow = (): string => query.value.get('window') ?? arrivalWindows[0];

export function ArrivalsChart({ of }: { of: Arrivals }) {
  const series = useMemo(() => seriesOf(of), [of]);
  const known = series.good.map((n, i) => (n === null ? null : i)).filter((i) => i !== null);
  const last = [...known].reverse().find((i) => (series.good[i] ?? 0) > 0);
  const at = (i: number): string => instant(series.timestamps[i] ?? null, zone.value);
  const arrived = arrivedWords(of);
  const summary = last === undefined ? arrived : `${arrived} ${last === known[known.length - 1] ? 'Spans arrive now.' : `The last arrived before ${at(last)}.`}`;
  const each = (values: readonly (number | null)[]) => (i: number): string => (values[i] == null ? format.notMeasured : format.count(Math.round(values[i])));
  const step = (by: number): void => {
    const next = arrivalWindows[Math.max(0, Math.min(arrivalWindows.length - 1, (arrivalWindows as readonly string[]).indexOf(of.window === '1d' ? '24h' : of.window) + by))]!;
    setQuery({ window: next === arrivalWindows[0] ? null : next });
  };
  return (
    <>
      <div class="time-picker" role="group" aria-label="Window of arrivals">
        <div class="segments">
          {arrivalWindows.map((name) => <a key={name} href={hereWith({ window: name === arrivalWindows[0] ? null : name })} aria-current={name === arrivalWindow() ? 'true' : undefined}>{name}</a>)}
        </div>
      </div>
      <Chart
        title="Spans a minute" summary={summary} stamps={series.timestamps} height={150}
        columns={[{ head: 'counted a minute', cell: each(series.good) }, { head: 'refused a minute', cell: each(series.bad) }, { head: 'sent again', cell: each(of.duplicates) }]}
        plot={(z) => trafficPlot(series, z, [])}
        legend={<><Line look="sli" /> counted a minute, by arrival <Line look="bad" /> refused: late or in the future; logarithmic</>}
        zoom={() => step(-1)} back={() => step(1)}
      />
    </>
  );
}

const Line = ({ look }: { look: string }) => <svg class={`swatch swatch-${look}`} width="18" height="10" aria-hidden="true"><path d="M0 5h18" /></svg>;

/** What one service sent, as bars that share nothing with other services: when it was silent is what matters. */
export function ArrivalSpark({ of, window }: { of: readonly number[]; window: string }) {
  const most = Math.max(1, ...of);
  const height = (n: number): number => Math.max(1, Math.round((n / most) * (sparkHeight - 2)));
  const silent = of.filter((n) => n === 0).length;
  const title = `${format.count(of.reduce((a, b) => a + b, 0))} spans in the last ${window}; ${silent === 0 ? 'something in every part of it' : `nothing in ${silent} of ${of.length} parts of it`}.`;
  return (
    <svg class="spark arrival" viewBox={`0 0 ${of.length} ${sparkHeight}`} width="120" height={sparkHeight} preserveAspectRatio="none" role="img">
      <title>{title}</title>
      <path class="base" d={`M0 ${sparkHeight - 0.5}h${of.length}`} />
      <path class="within" d={of.map((n, i) => (n === 0 ? '' : `M${i} ${sparkHeight - 1}v${-height(n)}h1v${height(n)}z`)).join('')} />
    </svg>
  );
}
