// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package crew holds the processes that the demo starts, and ends every one.
//
// It owns their life: the process group, the last lines that each said, the
// grace at the end, and the wait until one serves. What they are is the
// business of whoever starts them. However we end, they do: by Crew.End in
// order, and on Linux by the kernel when we are killed.
package crew

import (
	"context"
	"fmt"
	"os"
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

// Command is a process to be.
type Command struct {
	Name string
	Argv []string
	Dir  string
	Env  []string
	// Socket, unless nil, is open in the process too, under the number
	// SocketNumber. It stays the caller's to close.
	Socket *os.File
}

// SocketNumber is the first number after those of the standard streams.
const SocketNumber = 3

// Process is a started command and everything that it started itself.
type Process struct {
	name string
	cmd  *exec.Cmd
	tail *tail
	Done chan struct{} // closed when it has ended
	err  error         // why, once done is closed
}

// Crew starts processes and ends every one of them.
//
// Each gets a process group of its own, so that a Ctrl-C in the terminal reaches
// only us and the order of the end is ours, and so that a signal reaches its
// children too. All are forked from one thread that lives as long as we do:
// Linux ties the parent-death signal to the thread and not to the process.
type Crew struct {
	forks chan func()

	mu      sync.Mutex
	members []*Process
}

func New() *Crew {
	c := &Crew{forks: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for fork := range c.forks {
			fork()
		}
	}()
	return c
}

// Start starts a command.
func (c *Crew) Start(cmd Command) (*Process, error) {
	p := &Process{name: cmd.Name, tail: &tail{}, Done: make(chan struct{})}
	p.cmd = exec.Command(cmd.Argv[0], cmd.Argv[1:]...)
	p.cmd.Dir, p.cmd.Env = cmd.Dir, cmd.Env
	p.cmd.Stdout, p.cmd.Stderr = p.tail, p.tail
	if cmd.Socket != nil {
		p.cmd.ExtraFiles = []*os.File{cmd.Socket}
	}
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.WaitDelay = time.Second
	started := make(chan error, 1)
	c.forks <- func() { started <- p.cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.Done)
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members = append(c.members, p)
	return p, nil
}

// End ends every process that is still there: the first one last, because the
// others may have something to send to it yet, and those side by side. None is
// waited for when ctx ends.
func (c *Crew) End(ctx context.Context) {
	c.mu.Lock()
	members := c.members
	c.members = nil
	c.mu.Unlock()
	if len(members) == 0 {
		return
	}
	var ending sync.WaitGroup
	for _, p := range members[1:] {
		ending.Go(func() { p.End(ctx) })
	}
	ending.Wait()
	members[0].End(ctx)
}

// End asks the process to end, and after the grace, or when ctx ends, makes it and
// its group end.
// It is harmless when the process has ended already.
func (p *Process) End(ctx context.Context) {
	select {
	case <-p.Done:
	default:
		// To the process only: how its children end is its business, and a
		// second signal would cut their own end short.
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.Done:
		case <-time.After(endGrace):
		case <-ctx.Done():
		}
	}
	p.signal(syscall.SIGKILL)
	<-p.Done
}

// signal reaches the process and its children. The group is empty when all
// have ended, which is what we want and no error.
func (p *Process) signal(s syscall.Signal) {
	_ = syscall.Kill(-p.cmd.Process.Pid, s)
}

// Ended describes the end of a process that should still be running.
func (p *Process) Ended() error {
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
