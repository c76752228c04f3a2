// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Finds anything by some letters of it: a combobox whose list is always open
// (ARIA APG), in a dialog of the browser's, which keeps the focus and gives it back.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { get } from '../api';
import type { Fleet } from '../api';
import { commands, find, known, knownServices } from '../commands';
import type { Found } from '../commands';
import * as format from '../format';
import { address } from '../router';
import type { Services } from '../service';
import { opened } from '../shortcuts';
import { stateLabel } from '../verdict';
import { StateIcon } from './chip';

export function Palette() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = opened.value === 'palette';
  useEffect(() => {
    if (!open || dialog.current === null || dialog.current.open) return;
    dialog.current.showModal();
    const abort = new AbortController();
    // What is known is searched meanwhile; without an answer it stays.
    get<Fleet>('/api/v1/slos', abort.signal).then((fleet) => (known.value = fleet.slos ?? []), () => {});
    get<Services>('/api/v1/services', abort.signal).then((all) => (knownServices.value = all.services), () => {});
    return () => abort.abort();
  }, [open]);
  const close = (): void => dialog.current?.close();
  return (
    <dialog ref={dialog} class="palette" aria-label="Find anything" onClose={() => opened.value === 'palette' && (opened.value = null)} onClick={(event) => event.target === dialog.current && close()}>
      {open && <Finder close={close} />}
    </dialog>
  );
}

function Finder({ close }: { close: () => void }) {
  const query = useSignal('');
  const at = useSignal(0);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const path = address.value.path;
  const all = useMemo(() => commands(known.value, knownServices.value, path), [known.value, knownServices.value, path]);
  const found = useMemo(() => find(all, query.value), [all, query.value]);
  const chosen = Math.min(at.value, found.length - 1);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' }), [chosen, found]);
  const run = (what: Found | undefined): void => {
    if (what === undefined) return;
    // Closed first, so that what the command opens is not closed with it.
    close();
    what.command.run();
  };
  const press = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (by !== undefined && found.length > 0) {
      at.value = Math.abs(by) === 1 ? (chosen + by + found.length) % found.length : Math.min(found.length - 1, Math.max(0, chosen + by));
    } else if (event.key === 'Enter' && !event.isComposing) run(found[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input ref={field} type="text" role="combobox" aria-label="Find an objective, a service, a page, an action" placeholder="Find anything …" autocomplete="off" spellcheck={false}
        aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" aria-activedescendant={found.length > 0 ? `palette-${chosen}` : undefined}
        onKeyDown={press} onInput={(event) => {
          query.value = event.currentTarget.value;
          at.value = 0;
        }} />
      <ul ref={list} id="palette-list" role="listbox" aria-label="Found">
        {found.map((f, i) => (
          <li key={`${f.command.kind} ${f.command.label} ${f.command.context}`} id={`palette-${i}`} role="option" aria-selected={i === chosen} onMouseMove={() => (at.value = i)} onClick={() => run(f)}>
            {f.command.state !== undefined && <span class={`state-${f.command.state}`}><StateIcon state={f.command.state} /><span class="hidden">{stateLabel[f.command.state]} </span></span>}
            <span class="what"><Marked text={f.command.label} at={f.at} /> <span class="quiet">{f.command.context}</span></span>
            <span class="kind quiet">{f.command.kind}</span>
          </li>
        ))}
      </ul>
      <p class={found.length === 0 ? 'nothing quiet' : 'hidden'} role="status">{found.length === 0 ? 'Nothing is called so.' : format.plural(found.length, 'result', 'results')}</p>
    </>
  );
}

/** A text whose matching letters stand out. */
function Marked({ text, at }: { text: string; at: number[] }) {
  const pieces: { text: string; on: boolean }[] = [];
  for (let i = 0; i < text.length; i++) {
    const on = at.includes(i);
    const last = pieces[pieces.length - 1];
    if (last !== undefined && last.on === on) last.text += text[i];
    else pieces.push({ text: text[i]!, on });
  }
  return <>{pieces.map((p, i) => (p.on ? <mark key={i}>{p.text}</mark> : p.text))}</>;
}
