// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The form of a new silence. What it asks for is said before it is sent: how
// many of the alerts there are it would keep quiet, and until when.
import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { labels, lengthPattern, matcherText, matching, operators, parseMatcher } from '../alert';
import type { Alerts, Label, Matcher, OneSilence, Operator, Silence } from '../alert';
import { change } from '../api';
import type { ApiError } from '../api';
import * as format from '../format';
import { useResource } from '../resource';
import { query, setQuery } from '../router';
import { parseInstant, zone } from '../time';

const lengths = ['1h', '4h', '8h', '1d', '7d'] as const;
const authorKey = 'leadline.author';

const rememberedAuthor = (): string => {
  try {
    return localStorage.getItem(authorKey) ?? '';
  } catch {
    return '';
  }
};

/** What the form holds as text, until it is sent. */
interface Draft { author: string; reason: string; starts: string; ends: string }

export function SilenceForm({ begun }: { begun: (s: Silence) => void }) {
  const id = useId();
  const first = useRef<HTMLFieldSetElement>(null);
  const matchers = useSignal<Matcher[]>(asked());
  const draft = useSignal<Draft>({ author: rememberedAuthor(), reason: '', starts: 'now', ends: '2h' });
  const problem = useSignal<{ message: string; hint: string } | null>(null);
  const busy = useSignal(false);
  // Whoever opened the form goes on in it by keyboard.
  useEffect(() => first.current?.querySelector<HTMLElement>('input')?.focus(), []);
  const set = (part: Partial<Draft>): void => void (draft.value = { ...draft.value, ...part });
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const body = request(matchers.value, draft.value);
    if ('message' in body) return void (problem.value = body);
    busy.value = true;
    problem.value = null;
    try {
      const answer = await change<OneSilence>('POST', '/api/v1/silences', body);
      remember(draft.value.author);
      begun(answer.silence);
    } catch (error) {
      problem.value = error as ApiError;
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="card silence-form" onSubmit={submit} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>New silence</h2>
      <fieldset ref={first}>
        <legend>Alerts that match all of this are told to nobody</legend>
        <Matchers of={matchers} />
        <Preview matchers={matchers.value} />
      </fieldset>
      <div class="fields">
        <Field label="Author" value={draft.value.author} set={(author) => set({ author })} complete="name" />
        <Field label="Reason" value={draft.value.reason} set={(reason) => set({ reason })} wide help="Others will wonder why they are not told." />
        <Field label="Starts" value={draft.value.starts} set={(starts) => set({ starts })} help={`now, or 2026-11-23 14:05 (${zone.value === 'utc' ? 'UTC' : 'local time'})`} />
        <div>
          <Field label="Ends" value={draft.value.ends} set={(ends) => set({ ends })} help="after 30m, 2h, 7d; or at a time" />
          <div class="segments" role="group" aria-label="Ends after">
            {lengths.map((l) => <button key={l} type="button" aria-pressed={draft.value.ends === l} onClick={() => set({ ends: l })}>{l}</button>)}
          </div>
        </div>
      </div>
      <p class="bad-text" role="alert">{problem.value && `${problem.value.message}${problem.value.hint === '' ? '' : ` ${problem.value.hint}`}`}</p>
      <p class="tools">
        <button type="submit" class="primary" disabled={busy.value}>{busy.value ? 'Silencing …' : 'Silence'}</button>
        <button type="button" onClick={() => setQuery({ match: null, new: null }, 'replace')}>Cancel</button>
      </p>
    </form>
  );
}

/** What the address asks to match; a condition that it cannot say is left out, and an empty one is offered. */
function asked(): Matcher[] {
  const found = query.value.getAll('match').map(parseMatcher).filter((m): m is Matcher => m !== null);
  return found.length > 0 ? found : [{ label: 'service', operator: '=', value: '' }];
}

function remember(author: string): void {
  try {
    localStorage.setItem(authorKey, author.trim());
  } catch {
    // Without storage the name is typed again.
  }
}

/** The body to send, or what is wrong with the draft. The server judges the rest. */
function request(matchers: Matcher[], draft: Draft): object | { message: string; hint: string } {
  const wrong = (message: string, hint = ''): { message: string; hint: string } => ({ message, hint });
  if (draft.author.trim() === '' || draft.reason.trim() === '') return wrong('Author and reason are needed.', 'Others will wonder why they are not told.');
  const starts = parseInstant(draft.starts, zone.value);
  if (starts === null || starts.startsWith('now-')) return wrong('The start is not a time.', 'Try now or 2026-11-23 14:05.');
  const body = { matchers: matchers.map(matcherText), author: draft.author.trim(), reason: draft.reason.trim(), ...(starts === 'now' ? {} : { starts_at: starts }) };
  if (lengthPattern.test(draft.ends.trim())) return { ...body, length: draft.ends.trim() };
  const ends = parseInstant(draft.ends, zone.value);
  if (ends === null || ends.startsWith('now')) return wrong('The end is neither a length nor a time.', 'Try 2h, 7d or 2026-11-23 14:05.');
  return { ...body, ends_at: ends };
}

function Matchers({ of: matchers }: { of: Signal<Matcher[]> }) {
  const put = (i: number, part: Partial<Matcher>): void => void (matchers.value = matchers.value.map((m, at) => (at === i ? { ...m, ...part } : m)));
  return (
    <div class="matcher-rows">
      {matchers.value.map((m, i) => (
        <div key={i} class="matcher" role="group" aria-label={`Condition ${i + 1}`}>
          <select aria-label="Label" value={m.label} onChange={(e) => put(i, { label: e.currentTarget.value as Label })}>
            {labels.map((label) => <option key={label} value={label}>{label}</option>)}
          </select>
          <select aria-label="Operator" value={m.operator} onChange={(e) => put(i, { operator: e.currentTarget.value as Operator })}>
            {operators.map((o) => <option key={o} value={o}>{o}</option>)}
          </select>
          <input aria-label="Value" value={m.value} spellcheck={false} onInput={(e) => put(i, { value: e.currentTarget.value })} />
          <button type="button" class="plain" aria-label={`Remove condition ${i + 1}`} disabled={matchers.value.length === 1} onClick={() => (matchers.value = matchers.value.filter((_, at) => at !== i))}>✕</button>
        </div>
      ))}
      <button type="button" class="plain" onClick={() => (matchers.value = [...matchers.value, { label: 'objective', operator: '=', value: '' }])}>Add a condition</button>
    </div>
  );
}

/** Counts among the alerts there are; the silence holds for those to come as well. */
function Preview({ matchers }: { matchers: Matcher[] }) {
  const alerts = useResource<Alerts>('/api/v1/alerts').data?.alerts.filter((a) => a.state === 'firing' || a.state === 'pending' || a.state === 'frozen');
  if (alerts === undefined) return null;
  const n = matching(alerts, matchers);
  const words = n === null ? 'How many match, the server says once it holds: it alone reads regular expressions.' : `Matches ${n} of ${format.plural(alerts.length, 'alert that fires or may', 'alerts that fire or may')} now, and those to come.`;
  const one = matchers.some((m) => m.label === 'rule');
  return <p class="quiet" role="status">{words}{one && ' Other rules of the objective still call for the same burn: remove the condition on the rule to keep them quiet too.'}</p>;
}

interface FieldProps { label: string; value: string; set: (value: string) => void; help?: string; wide?: boolean; complete?: 'name' }

function Field({ label, value, set, help = '', wide = false, complete }: FieldProps) {
  const id = useId();
  return (
    <div class={wide ? 'field wide' : 'field'}>
      <label for={id}>{label}</label>
      <input id={id} value={value} spellcheck={wide} autocomplete={complete ?? 'off'} aria-describedby={help === '' ? undefined : `${id}-help`} onInput={(e) => set(e.currentTarget.value)} />
      {help !== '' && <p id={`${id}-help`} class="quiet">{help}</p>}
    </div>
  );
}
