// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package crashfs

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/leadline/leadline/internal/intakelog"
)

// ErrPowerLost is what every operation returns after the power is gone.
var ErrPowerLost = errors.New("power lost")

// fault fails the operation op when its countdown comes to zero.
type fault struct {
	op  intakelog.Op
	nth int
	err error
}

// Fail makes the nth operation of kind op from now, counting from 1, return
// err. A failing write stores its first half; a failing sync loses what was
// not synced for good. Faults of one kind add up, each with its own count.
func (f *FS) Fail(op intakelog.Op, nth int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, fault{op, nth, err})
}

// PowerOff lets n more operations succeed. The one after them is still begun,
// returns ErrPowerLost, and so does everything that follows.
func (f *FS) PowerOff(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.power = n
}

// InOrder makes this disk, and those that it becomes by Crash, write the
// sectors of one write in their order.
func (f *FS) InOrder() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inOrder = true
}

// Kill ends the program that uses the disk, not the machine: locks are free,
// faults and the loss of power are forgotten, and the next program sees what
// was written, synced or not.
func (f *FS) Kill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.locked, f.faults, f.power = map[string]bool{}, nil, -1
}

// Ops returns how many changing operations there were.
func (f *FS) Ops() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ops
}

// SetCapacity limits the disk to n bytes of file content. What is stored
// already stays.
func (f *FS) SetCapacity(n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.capacity = n
}

// Used returns the bytes of file content that names lead to.
func (f *FS) Used() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.used
}

// before counts an operation. It returns whether to begin it and the error
// that it then returns.
func (f *FS) before(op intakelog.Op) (begin bool, err error) {
	f.ops++
	if f.power == 0 {
		f.power = -2
		return true, ErrPowerLost
	}
	if f.power == -2 {
		return false, ErrPowerLost
	}
	if f.power > 0 {
		f.power--
	}
	for i := range f.faults {
		if f.faults[i].op == op {
			if f.faults[i].nth--; f.faults[i].nth == 0 && err == nil {
				err = f.faults[i].err
			}
		}
	}
	f.faults = slices.DeleteFunc(f.faults, func(x fault) bool { return x.nth <= 0 })
	return err == nil, err
}

// ReadFile returns what name holds now.
func (f *FS) ReadFile(name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.find("read", name)
	if err != nil {
		return nil, err
	}
	return slices.Clone(n.data), nil
}

// WriteFile puts b under name as if it had always been there, directories
// included.
func (f *FS) WriteFile(name string, b []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !fs.ValidPath(name) || name == "." {
		return &fs.PathError{Op: "write", Path: name, Err: fs.ErrInvalid}
	}
	dir := f.root
	parts := strings.Split(name, "/")
	for _, part := range parts[:len(parts)-1] {
		next := dir.entries[part]
		if next == nil {
			next = newDir()
			dir.set(part, next)
		}
		dir = next
	}
	base := parts[len(parts)-1]
	f.forget(dir.entries[base])
	dir.set(base, &node{data: slices.Clone(b), durable: slices.Clone(b)})
	f.used += int64(len(b))
	return nil
}

// FlipBit inverts one bit of what is stored under name.
func (f *FS) FlipBit(name string, bit int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.find("flip", name)
	if err != nil {
		return err
	}
	if bit/8 >= int64(len(n.data)) {
		return fmt.Errorf("flip bit %d of %s: it has %d bytes", bit, name, len(n.data))
	}
	n.data[bit/8] ^= 1 << (bit % 8)
	if bit/8 < int64(len(n.durable)) {
		n.durable[bit/8] ^= 1 << (bit % 8)
	}
	return nil
}

// Files returns the names of all files, sorted.
func (f *FS) Files() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	f.root.walk("", func(name string) { names = append(names, name) })
	slices.Sort(names)
	return names
}
