// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { address } from '../router';
import { alertPlaces, keepZone } from '../places';

/** Between what fires, what is kept quiet, and who is told. */
export function AlertTabs() {
  return (
    <nav class="segments tabs" aria-label="Alerts">
      {alertPlaces.map((p) => <a key={p.path} href={keepZone(p.path)} aria-current={address.value.path === p.path ? 'page' : undefined}>{p.name}</a>)}
    </nav>
  );
}
