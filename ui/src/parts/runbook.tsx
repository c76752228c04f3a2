// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Where to read what to do: only an address can be followed, a path says from where it leads.
export function Runbook({ at }: { at: string }) {
  return /^https?:\/\//.test(at) ? <a href={at} rel="noreferrer">{at}</a> : <><code>{at}</code> <span class="quiet">beside the service file</span></>;
}
