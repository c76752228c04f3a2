// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// A link that shows somebody else exactly what is on this screen: a range that
// follows the clock would show them something else, so it is written as it is now.
import { useSignal } from '@preact/signals';
import { address, withQuery } from '../../router';

export function CopyLink({ shown }: { shown: { from: string; to: string } | null }) {
  const said = useSignal('');
  const copy = async (): Promise<void> => {
    const pinned = shown === null ? {} : { from: shown.from, to: shown.to };
    said.value = (await put(location.origin + withQuery(address.value, pinned))) ? 'Copied, with this range' : 'Not copied: the browser forbids it';
    setTimeout(() => (said.value = ''), 4000);
  };
  return (
    <span class="copy-link">
      <button type="button" onClick={() => void copy()}>Copy link</button>
      <span class="quiet" role="status">{said.value}</span>
    </span>
  );
}

/** Over plain HTTP from another machine there is no clipboard, but what is selected can still be copied. */
async function put(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }
}
