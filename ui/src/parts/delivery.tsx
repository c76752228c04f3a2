// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import type { Receivers } from '../alert';
import * as format from '../format';
import { keepZone } from '../places';

/** What keeps people from being told, said wherever somebody relies on it. */
export function DeliveryTrouble({ of: r }: { of: Receivers }) {
  const failing = r.receivers.filter((x) => x.failing !== '');
  const said = [
    r.trouble !== '' && <p key="trouble"><strong>Nobody is told of anything:</strong> {r.trouble}</p>,
    r.not_alive !== '' && <p key="alive"><strong>Heartbeats have stopped:</strong> {r.not_alive}</p>,
    r.unrouted > 0 && <p key="unrouted"><strong>{format.plural(r.unrouted, 'alert calls', 'alerts call')} somebody and {r.unrouted === 1 ? 'has' : 'have'} no receiver.</strong> Name a <code>default_receiver</code> in the configuration file.</p>,
    failing.length > 0 && <p key="failing"><strong>{format.plural(failing.length, 'receiver fails', 'receivers fail')}:</strong> {failing.map((x) => x.name).join(', ')}. <a href={keepZone('/receivers')}>Why</a></p>,
  ].filter((line) => line !== false);
  return said.length === 0 ? null : <section class="notice" aria-label="Trouble with delivery">{said}</section>;
}
