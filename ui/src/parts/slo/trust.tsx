// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// How far a number can be trusted: what was measured of its window, what came
// late, was refused or could not be judged.
import type { ObjectiveDetail } from '../../api';
import * as format from '../../format';
import { instant, unix, zone } from '../../time';

export function Trust({ slo }: { slo: ObjectiveDetail }) {
  const trust = slo.trust;
  return (
    <section class="card" id="trust">
      <h2>How far to trust it</h2>
      {trust === null ? <p class="quiet">Trust was not measured.</p> : (
        <>
          <dl class="facts-list">
            <div><dt>Window covered</dt><dd>{format.share(trust.coverage)}</dd></div>
            <div><dt>Arrived late</dt><dd>{format.share(trust.late_share)}</dd></div>
            <div><dt>Refused</dt><dd>{format.share(trust.refused_share)}</dd></div>
            <div><dt>Excluded</dt><dd>{format.share(trust.excluded_share)}</dd></div>
            {trust.unevaluated_share !== undefined && <div><dt>Not evaluated</dt><dd>{format.share(trust.unevaluated_share)}</dd></div>}
            <div><dt>Sampled</dt><dd>{trust.sampling === null ? 'not known' : format.share(trust.sampling)}</dd></div>
            <div><dt>Source</dt><dd>{trust.source ?? format.notMeasured}</dd></div>
            <div><dt>Measured since</dt><dd>{trust.measured_since === null ? format.notMeasured : instant(unix(trust.measured_since), zone.value)}</dd></div>
          </dl>
          {(trust.notes ?? []).length > 0 && <ul class="notes">{(trust.notes ?? []).map((note) => <li key={note}>{note}</li>)}</ul>}
        </>
      )}
    </section>
  );
}
