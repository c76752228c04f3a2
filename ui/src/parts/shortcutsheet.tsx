// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef } from 'preact/hooks';
import { chooseLetters, letters, opened, shortcuts } from '../shortcuts';

export function ShortcutSheet() {
  const sheet = useRef<HTMLDialogElement>(null);
  const open = opened.value === 'shortcuts';
  useEffect(() => {
    if (open && sheet.current?.open === false) sheet.current.showModal();
  }, [open]);
  return (
    <dialog ref={sheet} class="sheet" aria-labelledby="keys-title" onClose={() => (opened.value = null)}>
      <h2 id="keys-title">Keyboard shortcuts</h2>
      <div class="key-groups">
        {shortcuts.map(({ title, of }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl class="keys">{of.map(({ keys, does }) => <div key={keys}><dt>{keys.split(' ').map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{does}</dd></div>)}</dl>
          </section>
        ))}
      </div>
      <form method="dialog" class="sheet-end">
        <label><input type="checkbox" checked={letters.value} onChange={(event) => chooseLetters(event.currentTarget.checked)} /> Letters alone are shortcuts</label>
        <button autofocus>Close</button>
      </form>
    </dialog>
  );
}
