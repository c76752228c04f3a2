// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { learnSession, signedOut } from './api';
import { follow } from './events';
import { address, go, match, start } from './router';
import { Shell } from './parts/shell';
import { keepZone } from './places';
import { SignIn } from './parts/signin';
import { startTheme } from './parts/theme';
import { AlertsPage } from './pages/alerts';
import { Fleet } from './pages/fleet';
import { IntakePage } from './pages/intake';
import { OperationsPage } from './pages/operations';
import { ReceiversPage } from './pages/receivers';
import { ServicePage } from './pages/service';
import { SilencesPage } from './pages/silences';
import { SloPage } from './pages/slo';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/pages.css';
import './styles/fleet.css';
import './styles/slo.css';
import './styles/service.css';
import './styles/alerts.css';

/** Half the address of an objective is that of its service. */
function ServiceOf({ service }: { service: string }) {
  useEffect(() => go(keepZone(`/services/${encodeURIComponent(service)}`), 'replace'), [service]);
  return null;
}

function Page() {
  const path = address.value.path;
  const slo = match('/slos/:service/:name', path);
  if (slo) return <SloPage key={path} service={slo['service'] ?? ''} name={slo['name'] ?? ''} />;
  const of = match('/slos/:service', path);
  if (of) return <ServiceOf service={of['service'] ?? ''} />;
  const one = match('/services/:service', path);
  if (one) return <ServicePage key={path} service={one['service'] ?? ''} />;
  if (match('/', path)) return <Fleet />;
  if (match('/alerts', path)) return <AlertsPage />;
  if (match('/silences', path)) return <SilencesPage />;
  if (match('/receivers', path)) return <ReceiversPage />;
  if (match('/operations', path)) return <OperationsPage />;
  if (match('/intake', path)) return <IntakePage />;
  return (
    <section class="screen">
      <h1>No such page</h1>
      <p>Nothing is shown at <code>{path}</code>. <a href="/">All objectives</a></p>
    </section>
  );
}

function App() {
  return <Shell>{signedOut.value ? <SignIn /> : <Page />}</Shell>;
}

startTheme();
start();
follow();
render(<App />, document.getElementById('app')!);
void learnSession();
