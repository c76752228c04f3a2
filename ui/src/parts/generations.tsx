// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What an objective counted by, now and before: a changed rule starts a new
// generation, and what the old one counted stays to be seen.
import type { Generation, ObjectiveDetail, Series } from '../api';
import * as format from '../format';
import { rangeOfGeneration, ruleChange, ruleLines, sums } from '../generation';
import { instant, unix, zone } from '../time';
import { hereWith } from '../places';

/** The address that shows an earlier generation over its own time, or the one that runs over its window. */
const linkTo = (g: Generation | null): string => {
  const range = g === null ? null : rangeOfGeneration(g);
  return hereWith({ generation: g?.indicator_id ?? null, from: range?.from ?? null, to: range?.to ?? null });
};

const name = (g: Generation): string => (g.number === undefined ? 'An earlier generation' : `Generation ${g.number}`);

/** What was left out of a window is written behind it, and may be long. */
const windowOf = (g: Generation): string[] => (g.window ?? '').split(', without ');

const goal = (g: Generation): string => (g.target === undefined || g.window === undefined ? '' : `${format.target(g.target)} over ${windowOf(g)[0]}`);

/** Says that the charts below are not of now, and what they add up to. */
export function Earlier({ of: g, slo, series }: { of: Generation; slo: ObjectiveDetail; series: Series }) {
  const sum = sums(series);
  const valid = sum === null ? 0 : sum.good + sum.bad;
  const counted = sum === null || valid === 0
    ? 'It counted no valid event in this range.'
    : `In this range ${format.sli(sum.good, sum.bad, format.digitsFor(g.target ?? slo.target))} of ${format.amount(valid, series.unit)} valid ${format.noun(valid, series.unit)} were good, ${format.amount(sum.bad, series.unit)} bad, ${format.count(sum.excluded)} excluded.`;
  return (
    <section class="notice earlier" aria-label="Earlier generation">
      <p>
        <strong>{name(g)}, until {instant(unix(g.to), zone.value)}.</strong> The charts show what its rule counted; everything above them is of the generation that runs.
        {goal(g) !== '' && ` Its target was ${goal(g)}.`} {counted}
      </p>
      <p><a href={linkTo(null)}>Back to the generation that runs</a></p>
    </section>
  );
}

/** Newest first; with only one there is nothing to choose, and how it counts stands elsewhere on the page. */
export function Generations({ slo, shown }: { slo: ObjectiveDetail; shown: { indicator_id: string; from: string | null } | null }) {
  const all = slo.generations ?? [];
  if (all.length < 2) return null;
  return (
    <section class="card generations" id="generations">
      <h2>Generations <span class="quiet">a changed rule starts a new one</span></h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Generations">
        <table>
          <thead><tr><th scope="col" class="num">No.</th><th scope="col">Time</th><th scope="col">Numbers</th><th scope="col">Target</th><th scope="col">What it counts by</th></tr></thead>
          <tbody>
            {all.map((g, i) => <Row key={`${g.indicator_id} ${g.from}`} of={g} before={all[i - 1]} shown={shown?.indicator_id === g.indicator_id && (g.to === null || g.to === lastOf(all, g).to)} />).reverse()}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** The newest generation with the same rule, which is the one that an address means. */
const lastOf = (all: Generation[], g: Generation): Generation => all.filter((other) => other.indicator_id === g.indicator_id).pop() ?? g;

function Row({ of: g, before, shown }: { of: Generation; before: Generation | undefined; shown: boolean }) {
  const at = (text: string | null): string => instant(unix(text), zone.value);
  const runs = g.to === null;
  return (
    <tr aria-current={shown ? 'true' : undefined}>
      <th scope="row" class="num">{g.number ?? <span class="quiet">–</span>}</th>
      <td>{at(g.from)}<br />{runs ? 'until now' : `to ${at(g.to)}`}</td>
      <td>{shown ? 'shown above' : <a href={linkTo(runs ? null : g)}>{runs ? 'Back to its numbers' : 'Show its numbers'}</a>}</td>
      <td>{goal(g)}{windowOf(g).slice(1).map((out) => <p key={out} class="quiet">without {out}</p>)}</td>
      <td><Rule of={g} before={before} /></td>
    </tr>
  );
}

function Rule({ of: g, before }: { of: Generation; before: Generation | undefined }) {
  if (g.rule === undefined) return <code>{g.indicator_id}</code>;
  const { gone, added } = before?.rule === undefined ? { gone: [], added: [] } : ruleChange(before.rule, g.rule);
  return (
    <>
      <ul class="rule-change">
        {gone.map((line) => <li key={line}><span class="quiet">no longer</span> <del><code>{line}</code></del></li>)}
        {added.map((line) => <li key={line}><span class="quiet">now</span> <ins><code>{line}</code></ins></li>)}
      </ul>
      <details>
        <summary>The whole rule</summary>
        <pre tabIndex={0}><code>{ruleLines(g.rule).join('\n')}</code></pre>
        <p class="quiet">Indicator <code>{g.indicator_id}</code></p>
      </details>
    </>
  );
}
