// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package proposal

import (
	"fmt"
	"strings"

	"github.com/leadline/leadline/internal/operation"
)

// starter is a service file from nothing measured.
const starter = `# A service file to begin with, by leadline init. Nothing was measured yet: 99%% is a round number to start
# from, and not what the service does. Once it has had some minutes of traffic, this proposes objectives from
# what was measured, with the evidence in comments:
#     leadline init --print --service %[1]s
apiVersion: leadline/v1
kind: Service
metadata:
  name: %[1]s  # the service.name of its telemetry: OTEL_SERVICE_NAME
  owner: your-team  # TODO: who answers for it; routes of alerts go by this name
  runbook: runbooks/%[2]s.md  # TODO: what to do when it breaks: a file beside this one, or an address
spec:
  objectives:
    # Every request and task of the service, health checks apart.
    - name: all-requests-succeed
      availability: {}
      target: 99%%
      window: 28d
`

// Starter returns a service file for a service of which nothing was measured,
// with one objective whose target is said to be no measurement.
func Starter(service string) string {
	file := FileName(operation.Service{Name: service})
	return fmt.Sprintf(starter, Quote(service), strings.TrimSuffix(file, ".yaml"))
}
