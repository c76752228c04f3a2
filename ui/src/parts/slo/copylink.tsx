// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// A link that shows somebody else exactly what is on this screen: a range that
// follows the clock would show them something else, so it is written as it is now.
import { say } from '../../commands';
import { copy } from '../../copy';
import { address, withQuery } from '../../router';

export function CopyLink({ shown }: { shown: { from: string; to: string } | null }) {
  const put = async (): Promise<void> => {
    const pinned = shown === null ? {} : { from: shown.from, to: shown.to };
    say((await copy(location.origin + withQuery(address.value, pinned))) ? 'Copied, with this range' : 'Not copied: the browser forbids it');
  };
  return <button type="button" onClick={() => void put()}>Copy link</button>;
}
