// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { signIn, signOut } from '../api';

export function SignIn() {
  const problem = useSignal('');
  const busy = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? '';
    if (token === '') {
      problem.value = 'Paste the token first.';
      return;
    }
    busy.value = true;
    problem.value = '';
    try {
      await signIn(token);
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
      field.current?.focus();
    } finally {
      busy.value = false;
    }
  };
  return (
    <section class="screen sign-in" aria-labelledby="sign-in-title">
      <h1 id="sign-in-title">Sign in</h1>
      <p>This server asks for its access token. It is in the file that <code>leadline serve</code> was started with.</p>
      <form onSubmit={submit}>
        <label for="token">Access token</label>
        <input ref={field} id="token" name="token" type="password" autocomplete="current-password" aria-describedby="sign-in-problem" aria-invalid={problem.value !== ''} />
        <button type="submit" class="primary" disabled={busy.value}>{busy.value ? 'Signing in …' : 'Sign in'}</button>
      </form>
      <p id="sign-in-problem" class="bad-text" role="alert">{problem}</p>
    </section>
  );
}

/** For shared machines. Where it fails the cookie is still there, so the button says that and stays. */
export function SignOut() {
  const failed = useSignal(false);
  const leave = async (): Promise<void> => {
    try {
      await signOut();
    } catch {
      failed.value = true;
    }
  };
  return (
    <>
      <button type="button" class="plain" onClick={leave}>Sign out</button>
      <span class="bad-text" role="alert">{failed.value && 'Still signed in: no answer'}</span>
    </>
  );
}
