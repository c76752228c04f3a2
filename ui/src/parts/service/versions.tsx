// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The versions that ran in the range side by side: when each was seen, and the
// share of its events that failed. Within a lane the red part grows with that
// share in each step.
import * as format from '../../format';
import { appearances, errorShare, notable, redIf, valid } from '../../service';
import type { ServiceDocument, ServiceVersion } from '../../service';
import { instant, unix, zone } from '../../time';

export function Versions({ of }: { of: ServiceDocument }) {
  if (of.versions.length === 0) return null;
  // A full bar is the worst of them, and no less than what is worth a look.
  const worst = Math.max(notable, ...of.versions.map((v) => errorShare(v) ?? 0));
  return (
    <section class="card" id="versions">
      <h2>Versions <span class="quiet">the newest first, seen to {format.duration(of.series.step_seconds)}, red where 1% or more failed</span></h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Versions of this service">
        <table class="stacks service-versions">
          <thead><tr><th scope="col">Version</th><th scope="col">Seen in this range</th><th scope="col" class="num">Valid</th><th scope="col" class="num">Bad</th><th scope="col">Error share</th><th scope="col" class="num">p95</th></tr></thead>
          <tbody>{of.versions.map((v) => <Row key={v.version} of={v} steps={of.series.timestamps.length} worst={worst} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ of: v, steps, worst }: { of: ServiceVersion; steps: number; worst: number }) {
  const share = errorShare(v);
  const seen = `${instant(unix(v.first_seen), zone.value, 'bare')} to ${instant(unix(v.last_seen), zone.value)}`;
  return (
    <tr>
      <th scope="row">{v.version === '' ? <span class="quiet">no version</span> : <code>{v.version}</code>}</th>
      <td class="wide" data-head="Seen"><Lane of={v} steps={steps} /><span class="quiet">{seen}</span></td>
      <td class="num" data-head="Valid">{format.count(valid(v))}</td>
      <td class={`num ${redIf(v)}`} data-head="Bad">{format.count(v.bad)}</td>
      <td class="error-share" data-head="Error share"><ShareBar share={share} worst={worst} /><span class={redIf(v)}>{share === null ? 'no events' : format.share(share, 2)}</span></td>
      <td class="num" data-head="p95">{v.p95_ms === null ? <span class="quiet">{format.notMeasured}</span> : format.millis(v.p95_ms)}</td>
    </tr>
  );
}

const laneHeight = 14;

function Lane({ of: v, steps }: { of: ServiceVersion; steps: number }) {
  const failing = v.series_valid.flatMap((n, i) => {
    const bad = v.series_bad[i];
    return n && bad && bad / n >= notable ? [{ i, height: Math.max(2, Math.min(1, (bad / n) * 2) * laneHeight) }] : [];
  });
  return (
    <svg class="version-lane" viewBox={`0 0 ${steps} ${laneHeight}`} preserveAspectRatio="none" width="100%" height={laneHeight} aria-hidden="true">
      <path class="rail" d={`M0 ${laneHeight - 0.5}H${steps}`} />
      {appearances(v).map((run) => <rect key={run.first} class="seen" x={run.first} y="0" width={run.last - run.first + 1} height={laneHeight} />)}
      {failing.map((f) => <rect key={f.i} class="failed" x={f.i} y={laneHeight - f.height} width="1" height={f.height} />)}
    </svg>
  );
}

function ShareBar({ share, worst }: { share: number | null; worst: number }) {
  return (
    <svg class="share-bar" viewBox="0 0 100 8" preserveAspectRatio="none" width="100%" height="8" aria-hidden="true">
      <rect class="track" width="100" height="8" />
      {share !== null && <rect class={`fill ${share >= notable ? '' : 'is-small'}`} width={(share / worst) * 100} height="8" />}
    </svg>
  );
}
