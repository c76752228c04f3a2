// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package python_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/leadline/leadline/examples/shop/venv"
	"github.com/leadline/leadline/internal/testkit/process"
)

// The plan of the publisher. A flaky task asks for another attempt twice.
const (
	tasksToSucceed = 120
	tasksToFail    = 30
	tasksToRetry   = 20
	retries        = 2
	tasksPerChild  = 20
)

func TestCeleryTasksAreCountedExactly(t *testing.T) {
	env := prepared(t)
	readApplications(t)
	for _, w := range []struct {
		telemetry
		pool []string
	}{
		// Not over gRPC: a channel that was made before the pool forked can hang
		// its processes for good, which says nothing about counts.
		{telemetry{name: "http-protobuf", protocol: "http/protobuf"}, []string{"prefork", fmt.Sprintf("--max-tasks-per-child=%d", tasksPerChild)}},
		{telemetry{name: "grpc"}, []string{"threads"}},
	} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, serviceFiles(t, "parcels", "parcels"))
			q := newQueue(t, env)
			q.publish(t, w.variables(s, "parcels-web"))
			q.work(t, w.pool, w.variables(s, "parcels"))
			s.mustShow(t, "parcels", attempts().expect(map[string]objective{
				"every-task-ends-well": entryTask,
				"sent-ends-well":       of("task tasks.succeed"),
				"lost-ends-well":       of("task tasks.fail"),
				"late-ends-well":       of("task tasks.flaky"),
			}))
			s.mustShow(t, "parcels-web", published().expect(nil))
		})
	}
}

// attempts is what the worker has to show: the attempts, and the messages by
// which flaky tasks ask for another.
func attempts() *ledger {
	l := newLedger()
	l.enter(event{operation: "task tasks.succeed", status: taskSucceeded}, tasksToSucceed)
	l.enter(event{operation: "task tasks.fail", status: taskFailed}, tasksToFail)
	l.enter(event{operation: "task tasks.flaky", status: taskRetried}, tasksToRetry*retries)
	l.enter(event{operation: "task tasks.flaky", status: taskSucceeded}, tasksToRetry)
	l.enter(event{operation: "enqueue tasks.flaky", status: taskSucceeded}, tasksToRetry*retries)
	return l
}

func published() *ledger {
	l := newLedger()
	l.enter(event{operation: "enqueue tasks.succeed", status: taskSucceeded}, tasksToSucceed)
	l.enter(event{operation: "enqueue tasks.fail", status: taskSucceeded}, tasksToFail)
	l.enter(event{operation: "enqueue tasks.flaky", status: taskSucceeded}, tasksToRetry)
	return l
}

// entryTask is availability of a whole service: its entry points, and so not
// what it asks of others.
func entryTask(e event) outcome {
	if strings.HasPrefix(e.operation, "enqueue ") {
		return nil
	}
	return answered(e)
}

// queue is a folder in which publishers and workers meet.
type queue struct {
	env    venv.Env
	folder string
}

func newQueue(t *testing.T, env venv.Env) queue {
	t.Helper()
	q := queue{env, t.TempDir()}
	for _, name := range []string{"queue", "control"} {
		if err := os.Mkdir(filepath.Join(q.folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

func (q queue) variables(more []string) []string {
	return append(more, "TASKS_FOLDER="+q.folder)
}

// ended is how the worker says that an attempt is over. That it was received
// would not do: a worker that is told to end gives back what it did not begin.
var ended = regexp.MustCompile(`(?m) Task tasks\.\w+\[\S+\] (succeeded in|raised unexpected:|retry:) `)

// publish lets a process ask for every task of the plan.
func (q queue) publish(t *testing.T, variables []string) {
	t.Helper()
	p := process.Start(t, process.Command{Name: "publisher", Dir: "apps", Env: q.variables(variables), Argv: []string{q.env.Program("opentelemetry-instrument"), q.env.Program("python"), "publish.py",
		fmt.Sprintf("%d:succeed", tasksToSucceed), fmt.Sprintf("%d:fail", tasksToFail), fmt.Sprintf("%d:flaky:%d", tasksToRetry, retries)}})
	p.Wait(t)
	if !p.State().Success() {
		t.Fatalf("publish: %s", p.State())
	}
}

// work lets a worker do what is asked, two tasks at a time in a pool of the
// kind that is named first, with its options behind it.
func (q queue) work(t *testing.T, pool, variables []string) {
	t.Helper()
	argv := append([]string{q.env.Program("opentelemetry-instrument"), q.env.Program("celery"), "-A", "tasks", "worker",
		"-c", "2", "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO", "-P"}, pool...)
	p := process.Start(t, process.Command{Name: "worker", Dir: "apps", Env: q.variables(variables), Argv: argv})
	const all = tasksToSucceed + tasksToFail + tasksToRetry*(1+retries)
	process.Until(t, "every task was tried", countLimit, func() bool {
		if p.Ended() {
			t.Fatal("the worker ended before its tasks")
		}
		return len(ended.FindAllString(p.Said(), -1)) == all
	})
	p.End(t)
}
