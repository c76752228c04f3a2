// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package python is the folder of the tests that drive real Python
// applications under zero-code instrumentation and compare what Leadline counts
// with a ledger of what was asked: httpbin under gunicorn, a Celery worker and
// a Django application, none of which knows of Leadline.
//
// It has no Go of its own but those tests. The applications are in apps, the
// objectives in services, the packages in requirements.txt (pinned, hashed).
// Without Python or a package index the tests skip and say so; with CI=true
// that is a failure. README.md tells what the instrumentation really does.
package python
