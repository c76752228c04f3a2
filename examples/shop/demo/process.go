// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// How long a process may take to end by itself: the shop has to send its last
// spans, the server has to sync its log.
const (
	endGrace  = 20 * time.Second
	tailBytes = 16 << 10
)

// command is a process to be.
type command struct {
	name string
	argv []string
	dir  string
	env  []string
}

// process is a started command and everything that it started itself.
type process struct {
	name string
	cmd  *exec.Cmd
	tail *tail
	done chan struct{} // closed when it has ended
	err  error         // why, once done is closed
}

// crew starts processes and ends every one of them.
//
// Each gets a process group of its own, so that a Ctrl-C in the terminal reaches
// only us and the order of the end is ours, and so that a signal reaches its
// children too. All are forked from one thread that lives as long as we do:
// Linux ties the parent-death signal to the thread and not to the process.
type crew struct {
	forks chan func()

	mu      sync.Mutex
	members []*process
}

func newCrew() *crew {
	c := &crew{forks: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for fork := range c.forks {
			fork()
		}
	}()
	return c
}

// start starts a command.
func (c *crew) start(cmd command) (*process, error) {
	p := &process{name: cmd.name, tail: &tail{}, done: make(chan struct{})}
	p.cmd = exec.Command(cmd.argv[0], cmd.argv[1:]...)
	p.cmd.Dir, p.cmd.Env = cmd.dir, cmd.env
	p.cmd.Stdout, p.cmd.Stderr = p.tail, p.tail
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.WaitDelay = time.Second
	started := make(chan error, 1)
	c.forks <- func() { started <- p.cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members = append(c.members, p)
	return p, nil
}

// end ends every process that is still there, the newest first.
func (c *crew) end() {
	c.mu.Lock()
	members := c.members
	c.members = nil
	c.mu.Unlock()
	for i := len(members) - 1; i >= 0; i-- {
		members[i].end(endGrace)
	}
}

// end asks the process to end, and after the grace makes it and its group end.
// It is harmless when the process has ended already.
func (p *process) end(grace time.Duration) {
	select {
	case <-p.done:
	default:
		// To the process only: how its children end is its business, and a
		// second signal would cut their own end short.
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(grace):
		}
	}
	p.signal(syscall.SIGKILL)
	<-p.done
}

// signal reaches the process and its children. The group is empty when all
// have ended, which is what we want and no error.
func (p *process) signal(s syscall.Signal) {
	_ = syscall.Kill(-p.cmd.Process.Pid, s)
}

// ended describes the end of a process that should still be running.
func (p *process) ended() error {
	state := "ended"
	if p.err != nil {
		state = p.err.Error()
	}
	return fmt.Errorf("%s ended early (%s); it said last:\n%s", p.name, state, p.tail)
}

// tail keeps the last bytes of what a process prints.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

// Write never fails, so a talkative process never blocks on us.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b...)
	if extra := len(t.kept) - tailBytes; extra > 0 {
		t.kept = append([]byte(nil), t.kept[extra:]...)
	}
	return len(b), nil
}

// String returns the last lines, indented.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimRight(string(t.kept), "\n"), "\n")
	lines = lines[max(0, len(lines)-40):]
	return "    " + strings.Join(lines, "\n    ")
}
