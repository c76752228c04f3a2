// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// An objective over time: events, SLI, burn, budget and traffic over one axis,
// under one cursor.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Generation, ObjectiveDetail, Series } from '../../api';
import { burnPlot, burnStyle, pairName, thresholdName } from '../../charts/burn';
import { Chart } from '../../charts/chart';
import type { Column } from '../../charts/chart';
import { redraw } from '../../charts/cursor';
import type { Layer } from '../../charts/layers';
import { marks } from '../../charts/marks';
import { budgetPlot, sliPlot, trafficPlot } from '../../charts/plot';
import { burnDown, leftOutReasons, stepShare } from '../../charts/steps';
import { budgetSummary, burnSummary, historyNote, leftOutNote, sliSummary, trafficSummary } from '../../charts/summary';
import * as format from '../../format';
import { rangeOfGeneration } from '../../generation';
import { items } from '../../lane';
import type { Happenings, Item } from '../../lane';
import { address, go, withQuery } from '../../router';
import { chooseRange, rfc3339, unix, zone } from '../../time';
import { paint } from '../theme';
import { Lane } from './lane';
import { BurnSwatch, Swatch } from './swatch';

/** An earlier generation is judged by its own target; the present budget is not burned down by its events. */
const asItWas = (slo: ObjectiveDetail, g: Generation): ObjectiveDetail => ({ ...slo, target: g.target ?? slo.target, from: null, budget: null });

interface Props {
  slo: ObjectiveDetail;
  series: Series;
  happenings: Happenings | null;
  /** Why there are none; empty while they are only not there yet. */
  unknown: string;
  earlier: Generation | null;
}

export function Charts({ slo: present, series, happenings, unknown, earlier }: Props) {
  const slo = useMemo(() => (earlier ? asItWas(present, earlier) : present), [present, earlier?.indicator_id]);
  const zoom = (from: number, to: number): void => chooseRange({ from: rfc3339(from), to: rfc3339(to) });
  const back = (): void => go(withQuery(address.value, (earlier && rangeOfGeneration(earlier)) ?? { from: null, to: null }));
  const out = slo.left_out ?? [];
  const happened = useMemo(() => (happenings === null ? [] : items(happenings)), [happenings]);
  const target = Number(slo.target);
  const digits = format.digitsFor(slo.target);
  const burn = series.burn ?? [];
  const lines = useMarks(happened);
  // The plots are rebuilt only when what they show changed, not on every repaint of the page.
  const plots = useMemo(
    () => ({
      sli: (z: typeof zone.value) => sliPlot(series, target, z, out, [lines]),
      burn: (z: typeof zone.value) => burnPlot(series, burn, z, out, [lines]),
      budget: (z: typeof zone.value) => budgetPlot(series, slo, z, out, [lines]),
      traffic: (z: typeof zone.value) => trafficPlot(series, z, out, [lines]),
    }),
    [series, slo, target],
  );
  const reasons = useMemo(() => leftOutReasons(series, out), [series, slo]);
  const burned = useMemo(() => burnDown(series, slo), [series, slo]);
  const ends: Column[] = [{ head: 'source', cell: (i) => series.source[i] ?? format.notMeasured }];
  if (out.length > 0) ends.push({ head: 'left out', cell: (i) => (reasons[i] === '' ? 'nothing' : reasons[i]!) });
  const shaded = out.length === 0 ? null : <> <Swatch kind="out" /> left out</>;
  const about = [slo.service, slo.name];
  const note = historyNote(series) + leftOutNote(out);
  const span = [unix(series.from) ?? 0, unix(series.to) ?? 0] as const;
  const shared = { span, note, stamps: series.timestamps, zoom, back, about };
  const counts = (head: string, of: (number | null)[], text: (n: number | null | undefined) => string): Column => ({ head, cell: (i) => text(of[i]), raw: (i) => of[i] });
  const amount = (n: number | null | undefined): string => format.amount(n, series.unit);
  return (
    <div class="charts card">
      {happenings === null
        ? <p class={`chart quiet${unknown === '' ? ' is-awaited' : ''}`} role="status">{unknown === '' ? 'Reading what happened …' : unknown}</p>
        : <Lane items={happened} omitted={(happenings.left_out ?? 0) + (happenings.versions_left_out ?? 0)} from={span[0]} to={span[1]} now={unix(present.to)} about={about} back={back} />}
      <Chart
        {...shared}
        title="SLI"
        summary={sliSummary(series, slo.target)}
        plot={plots.sli}
        height={180}
        legend={<><Swatch kind="sli" /> per step <Swatch kind="target" /> target {format.target(slo.target)} <Swatch kind="below" /> below target{shaded}</>}
        columns={[{ head: 'SLI', cell: (i) => stepText(series, i, digits), raw: (i) => stepShare(series, i) }, ...ends]}
      />
      {series.burn !== undefined && (burn.length === 0 ? <NoBurn /> : (
        <Chart
          {...shared}
          title="Burn rate"
          summary={burnSummary(series, zone.value)}
          plot={plots.burn}
          height={200}
          legend={<>{burn.map((line, i) => <span key={pairName(line)} class="nowrap"><BurnSwatch style={burnStyle(i)} /> {line.window} for {thresholdName(line)} </span>)}{shaded}</>}
          columns={[...burn.map((line): Column => ({ head: pairName(line), cell: (i) => format.burnRate(line.rates[i]), raw: (i) => line.rates[i] })), ...ends]}
        />
      ))}
      <Chart
        {...shared}
        title="Error budget"
        summary={budgetSummary(series, zone.value)}
        plot={plots.budget}
        height={190}
        legend={<><Swatch kind="ok" /> left of the {slo.window} before each instant{earlier ? `, by the target of now (${format.target(present.target)})` : <> <Swatch kind="sli" /> burn-down of the events now in the window <Swatch kind="ideal" /> even spend</>}{shaded}</>}
        columns={[{ head: 'budget left', cell: (i) => format.share(series.budget_remaining[i]), raw: (i) => series.budget_remaining[i] }, { head: 'burn-down', cell: (i) => (burned[i] == null ? 'outside' : format.share(burned[i])), raw: (i) => burned[i] }, ...ends]}
      />
      <Chart
        {...shared}
        title="Traffic"
        summary={trafficSummary(series)}
        plot={plots.traffic}
        height={150}
        legend={<><Swatch kind="sli" /> valid <Swatch kind="bad" /> bad, per {format.duration(series.step_seconds)}, logarithmic{shaded}</>}
        columns={[counts('good', series.good, amount), counts('bad', series.bad, amount), counts('excluded', series.excluded, format.count), ...ends]}
      />
    </div>
  );
}

/** The lines of events as a layer that stays the same: when other events arrive the charts are drawn again, not built again. */
function useMarks(happened: readonly Item[]): Layer {
  const drawn = useRef<Layer>(() => undefined);
  drawn.current = useMemo(() => marks(happened), [happened, paint.value]);
  useEffect(redraw, [happened]);
  return useRef<Layer>((u) => drawn.current(u)).current;
}

const NoBurn = () => (
  <div class="chart"><h2>Burn rate</h2><p class="quiet">No burn rate can be told for this range: its budget counts slices of time, or no alert rule watches a burn.</p></div>
);

function stepText(series: Series, i: number, digits: number): string {
  const [good, bad] = [series.good[i], series.bad[i]];
  if (good == null || bad == null) return format.notMeasured;
  return good + bad === 0 ? 'no events' : format.ratio(good, good + bad, digits);
}
