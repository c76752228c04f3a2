// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// How long everything in the range took: one bar a bucket on a logarithmic axis
// of durations, with the quantiles and the objectives' thresholds in it. It is a
// figure like the charts over time, with a cursor over durations instead.
import { useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { quantileDashes, tickText } from '../../charts/latency';
import { apart } from '../../charts/logaxis';
import { csv, fileName } from '../../charts/csv';
import { saveText } from '../../charts/save';
import { bars, distributionSummary, durationTicks } from '../../distribution';
import type { Bar } from '../../distribution';
import * as format from '../../format';
import type { Distribution, Threshold } from '../../service';
import { QuantileSwatch } from './swatch';

const title = 'Latency distribution';
const height = 210;
const inset = { left: 50, right: 18, top: 34, bottom: 24 };

interface Props { of: Distribution; thresholds: readonly Threshold[]; about: readonly string[]; note: string }

export function DistributionChart({ of, thresholds, about, note }: Props) {
  const id = useId();
  const asTable = useSignal(false);
  const at = useSignal<number | null>(null);
  const all = bars(of);
  const say = (i: number | null): string => (i === null || !all[i] ? '' : sentence(all[i]!));
  const save = (): void => saveText(fileName([...about, title], 'csv'), csv(['over_ms', 'up_to_ms', 'count'], all.map((b) => [b.over_ms, b.up_to_ms, b.count])));
  return (
    <figure class="chart card" role="figure" aria-labelledby={`${id}-title`} aria-describedby={`${id}-summary`}>
      <figcaption>
        <h2 id={`${id}-title`}>{title}</h2>
        <span class="chart-acts">
          <button type="button" class="plain" onClick={() => (asTable.value = !asTable.value)}>{asTable.value ? 'Show chart' : 'Show table'}</button>
          <button type="button" class="plain" aria-label={`Download ${title} as CSV`} onClick={save}>CSV</button>
        </span>
        <p id={`${id}-summary`} class="quiet">{distributionSummary(of)}{note}</p>
      </figcaption>
      {asTable.value ? <Table all={all} /> : all.length === 0 ? <p class="no-picture quiet">No duration to draw.</p> : (
        <>
          <Picture of={of} all={all} thresholds={thresholds} at={at} />
          <p class="readout" aria-hidden="true">{say(at.value) || <span class="quiet"><QuantileSwatch of={0} /> p50 <QuantileSwatch of={1} /> p95 <QuantileSwatch of={2} /> p99, buckets 9% wide</span>}</p>
          <p class="hidden" aria-live="polite">{say(at.value)}</p>
        </>
      )}
    </figure>
  );
}

const sentence = (b: Bar): string => `${bounds(b)}: ${format.plural(b.count, 'event', 'events')}, ${format.share(b.share)}; ${format.share(b.below)} took at most that`;

const bounds = (b: Bar): string => (b.up_to_ms === 0 ? 'no time at all' : `${format.millis(b.over_ms)} to ${format.millis(b.up_to_ms)}`);

function useWidth(): [{ current: SVGSVGElement | null }, number] {
  const host = useRef<SVGSVGElement>(null);
  const width = useSignal(600);
  useEffect(() => {
    const element = host.current!;
    const resize = new ResizeObserver(() => (width.value = element.clientWidth || width.value));
    resize.observe(element);
    return () => resize.disconnect();
  }, []);
  return [host, width.value];
}

interface PictureProps { of: Distribution; all: readonly Bar[]; thresholds: readonly Threshold[]; at: { value: number | null } }

function Picture({ of, all, thresholds, at }: PictureProps) {
  const [host, width] = useWidth();
  const first = all[0]!, last = all[all.length - 1]!;
  const [low, high] = [Math.log(first.from), Math.log(last.up_to_ms || first.from * 2)];
  const [left, right, floor] = [inset.left, Math.max(inset.left + 1, width - inset.right), height - inset.bottom];
  const x = (ms: number): number => left + ((Math.log(ms) - low) / (high - low)) * (right - left);
  const most = Math.max(...all.map((b) => b.count));
  const y = (n: number): number => floor - (n / most) * (floor - inset.top);
  const point = (event: PointerEvent): void => {
    const px = event.clientX - host.current!.getBoundingClientRect().left;
    const found = all.findIndex((b) => px >= x(b.from) && px < x(b.up_to_ms));
    at.value = found < 0 ? null : found;
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const end = all.length - 1;
    const now = at.value ?? (event.key === 'ArrowRight' ? -1 : end + 1);
    const by = event.shiftKey ? 10 : 1;
    const to: Record<string, number | null> = { ArrowLeft: Math.max(0, now - by), ArrowRight: Math.min(end, now + by), Home: 0, End: end, Escape: null };
    if (!(event.key in to)) return;
    event.preventDefault();
    at.value = to[event.key]!;
  };
  const chosen = at.value === null ? undefined : all[at.value];
  return (
    <div class="plot" tabIndex={0} role="application" aria-label={`${title}, chart. Arrow keys move from bucket to bucket.`} onKeyDown={press}>
      <svg ref={host} class="histogram" width="100%" height={height} aria-hidden="true" onPointerMove={point} onPointerLeave={() => (at.value = null)}>
        {[most, most / 2].map((n) => <g key={n} class="tick"><path d={`M${left} ${y(n)}H${right}`} /><text x={left - 8} y={y(n) + 4} text-anchor="end">{format.compact(Math.round(n))}</text></g>)}
        {durationTicks(first.from, last.up_to_ms, Math.floor((right - left) / 64)).map((ms) => <g key={ms} class="tick"><path d={`M${x(ms)} ${inset.top}V${floor + 4}`} /><text x={x(ms)} y={floor + 17} text-anchor="middle">{tickText(ms)}</text></g>)}
        {all.map((b) => b.count > 0 && <rect key={b.from} class={b === chosen ? 'bucket is-chosen' : 'bucket'} x={x(b.from)} y={Math.min(floor - 1, y(b.count))} width={Math.max(1, x(b.up_to_ms) - x(b.from) - 1)} height={Math.max(1, floor - y(b.count))} />)}
        <path class="base" d={`M${left} ${floor}H${right}`} />
        {chosen && <path class="at" d={`M${(x(chosen.from) + x(chosen.up_to_ms)) / 2} ${inset.top}V${floor}`} />}
        <Marks of={of} thresholds={thresholds} x={x} from={left} to={right} floor={floor} ends={[first.from, last.up_to_ms]} />
      </svg>
    </div>
  );
}

interface MarksProps { of: Distribution; thresholds: readonly Threshold[]; x: (ms: number) => number; from: number; to: number; floor: number; ends: [number, number] }

/** Quantiles are named above the bars, thresholds below those names. */
function Marks({ of, thresholds, x, from, to, floor, ends }: MarksProps) {
  const inside = (ms: number): boolean => ms >= ends[0] && ms <= ends[1];
  const quantiles = ([['p50', of.p50_ms], ['p95', of.p95_ms], ['p99', of.p99_ms]] as const)
    .map(([name, ms], i) => ({ name, ms: ms ?? 0, i })).filter((q) => inside(q.ms));
  const room = apart(quantiles.map((q) => x(q.ms)), 78, from + 36, to - 36);
  return (
    <>
      {thresholds.filter((t) => inside(t.under)).map((t) => (
        <g key={t.under} class="limit"><path d={`M${x(t.under)} ${inset.top - 12}V${floor}`} /><text x={x(t.under)} y={inset.top - 2} text-anchor={x(t.under) > to - 56 ? 'end' : 'start'} dx={x(t.under) > to - 56 ? -4 : 4}>{tickText(t.under)}</text></g>
      ))}
      {quantiles.map((q, k) => (
        <g key={q.name} class={`mark q${q.i}`}><path d={`M${x(q.ms)} 16V${floor}`} stroke-dasharray={quantileDashes[q.i]?.join(' ')} /><text x={room[k]} y={12} text-anchor="middle">{q.name} {format.millis(q.ms)}</text></g>
      ))}
    </>
  );
}

function Table({ all }: { all: readonly Bar[] }) {
  return (
    <div class="step-table">
      <div class="scroll" tabIndex={0} role="region" aria-label={`${title}, table`}>
        <table>
          <thead><tr><th scope="col">Took</th><th scope="col" class="num">Events</th><th scope="col" class="num">Share</th><th scope="col" class="num">At most that</th></tr></thead>
          <tbody>{all.filter((b) => b.count > 0).map((b) => <tr key={b.from}><th scope="row">{bounds(b)}</th><td class="num">{format.count(b.count)}</td><td class="num">{format.share(b.share)}</td><td class="num">{format.share(b.below)}</td></tr>)}</tbody>
        </table>
      </div>
    </div>
  );
}
