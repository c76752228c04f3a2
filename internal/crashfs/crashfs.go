// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package crashfs is an intakelog.FS in memory that loses, after a crash, what
// the disk did not have to keep.
//
// It owns the model of a disk that tests of durable code run against. It is
// harsher than the file systems we know wherever the documentation of fsync
// leaves room:
//
//   - A write, or a cut, that was not synced survives a crash with any
//     probability from 0 to 100 %, without the ones before it, in part, or as
//     zeros of the right length. InOrder takes the worst of it away.
//   - Creations, renames and removals that were not synced with SyncDir
//     survive as a prefix or in any combination. Syncing a file does not make
//     its name durable.
//   - After a failed Sync the pages count as clean: later syncs succeed and
//     do not write them. (A failed SyncDir is not like that: a journal that
//     cannot be written makes a file system read-only.)
//
// Failures, a size limit and a loss of power are injected at the n-th
// operation; bits are flipped on what is stored. All randomness comes from
// the seed of Crash, so a failure is repeated by its seed.
package crashfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/intakelog"
)

// ErrPowerLost is what every operation returns after the power is gone.
var ErrPowerLost = errors.New("power lost")

// FS is one disk. Its methods may be called by several goroutines.
type FS struct {
	mu       sync.Mutex
	root     *node
	locked   map[string]bool
	capacity int64
	used     int64
	faults   []fault
	inOrder  bool
	power    int // operations left, or -1 for no limit
	ops      int
}

var _ intakelog.FS = (*FS)(nil)

// fault fails the operation op when its countdown comes to zero.
type fault struct {
	op  intakelog.Op
	nth int
	err error
}

// New returns an empty disk without limit.
func New() *FS {
	return &FS{root: newDir(), locked: map[string]bool{}, capacity: math.MaxInt64, power: -1}
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

// find returns the node that name leads to.
func (f *FS) find(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n := f.root
	if name == "." {
		return n, nil
	}
	for part := range strings.SplitSeq(name, "/") {
		if n = n.entries[part]; n == nil {
			return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
	}
	return n, nil
}

// parent returns the directory of name.
func (f *FS) parent(op, name string) (*node, error) {
	dir, err := f.find(op, path.Dir(name))
	if err == nil && !dir.isDir() {
		err = &fs.PathError{Op: op, Path: name, Err: syscall.ENOTDIR}
	}
	return dir, err
}

// Mkdir implements intakelog.FS.
func (f *FS) Mkdir(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.find("mkdir", dir); err == nil {
		return nil
	}
	return f.add(dir, newDir())
}

// add gives a new node its name.
func (f *FS) add(name string, n *node) error {
	dir, err := f.parent("create", name)
	if err != nil {
		return err
	}
	begin, err := f.before(intakelog.OpCreate)
	if begin {
		dir.change(change{path.Base(name): n})
	}
	return err
}

// List implements intakelog.FS.
func (f *FS) List(dir string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.find("list", dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range n.entries {
		names = append(names, name)
	}
	return names, nil
}

// Create implements intakelog.FS.
func (f *FS) Create(name string) (intakelog.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.find("create", name); err == nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	n := &node{}
	if err := f.add(name, n); err != nil {
		return nil, err
	}
	return &file{fs: f, node: n, name: name}, nil
}

// Open implements intakelog.FS.
func (f *FS) Open(name string) (intakelog.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.find("open", name)
	if err != nil {
		return nil, err
	}
	return &file{fs: f, node: n, name: name}, nil
}

// Rename implements intakelog.FS.
func (f *FS) Rename(from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.find("rename", from)
	if err != nil {
		return err
	}
	if path.Dir(from) != path.Dir(to) {
		return &fs.PathError{Op: "rename", Path: to, Err: errors.ErrUnsupported}
	}
	dir, err := f.parent("rename", to)
	if err != nil {
		return err
	}
	begin, err := f.before(intakelog.OpRename)
	if begin {
		f.forget(dir.entries[path.Base(to)])
		dir.change(change{path.Base(from): nil, path.Base(to): n})
	}
	return err
}

// Remove implements intakelog.FS.
func (f *FS) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.find("remove", name)
	if err != nil {
		return err
	}
	begin, err := f.before(intakelog.OpRemove)
	if begin {
		f.forget(n)
		dir, _ := f.parent("remove", name)
		dir.change(change{path.Base(name): nil})
	}
	return err
}

// forget gives back the space of a node that has lost its name.
func (f *FS) forget(n *node) {
	if n != nil {
		f.used -= int64(len(n.data))
		n.nameless = true
	}
}

// SyncDir implements intakelog.FS.
func (f *FS) SyncDir(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.find("syncdir", dir)
	if err != nil {
		return err
	}
	if _, err := f.before(intakelog.OpSyncDir); err != nil {
		return err
	}
	n.sync()
	return nil
}

// Lock implements intakelog.FS; a crash frees all locks.
func (f *FS) Lock(name string) (io.Closer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.locked[name] {
		return nil, errs.New(errs.Conflict, "%s is locked", name)
	}
	f.locked[name] = true
	return unlocker{f, name}, nil
}

type unlocker struct {
	fs   *FS
	name string
}

func (u unlocker) Close() error {
	u.fs.mu.Lock()
	defer u.fs.mu.Unlock()
	delete(u.fs.locked, u.name)
	return nil
}

// Free implements intakelog.FS.
func (f *FS) Free() (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(0, f.capacity-f.used), nil
}

// file is an open file.
type file struct {
	fs   *FS
	node *node
	name string
	done bool
}

func (f *file) closed(op string) error {
	if f.done {
		return &fs.PathError{Op: op, Path: f.name, Err: fs.ErrClosed}
	}
	return nil
}

func (f *file) ReadAt(b []byte, offset int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.closed("read"); err != nil {
		return 0, err
	}
	if offset >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.node.data[offset:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *file) WriteAt(b []byte, offset int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.closed("write"); err != nil {
		return 0, err
	}
	begin, err := f.fs.before(intakelog.OpWrite)
	if !begin && errors.Is(err, ErrPowerLost) {
		return 0, err
	}
	n := len(b)
	if err != nil {
		n /= 2
	}
	if errors.Is(err, ErrPowerLost) {
		n = len(b)
	}
	if growth := offset + int64(n) - int64(len(f.node.data)); growth > f.fs.capacity-f.fs.used {
		n = max(0, n-int(growth-max(0, f.fs.capacity-f.fs.used)))
		err = errors.Join(err, syscall.ENOSPC)
	}
	f.resized(func() { f.node.write(b[:n], offset) })
	if err != nil {
		return n, &fs.PathError{Op: "write", Path: f.name, Err: err}
	}
	return n, nil
}

// resized keeps account of the space around a change of the content.
func (f *file) resized(change func()) {
	before := len(f.node.data)
	change()
	if !f.node.nameless {
		f.fs.used += int64(len(f.node.data) - before)
	}
}

func (f *file) Size() (int64, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	return int64(len(f.node.data)), f.closed("stat")
}

func (f *file) Truncate(size int64) error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.closed("truncate"); err != nil {
		return err
	}
	begin, err := f.fs.before(intakelog.OpTruncate)
	if begin {
		f.resized(func() { f.node.truncate(size) })
	}
	return err
}

func (f *file) Sync() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.closed("sync"); err != nil {
		return err
	}
	if _, err := f.fs.before(intakelog.OpSync); err != nil {
		if !errors.Is(err, ErrPowerLost) {
			f.node.giveUp()
		}
		return err
	}
	f.node.sync()
	return nil
}

func (f *file) Close() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.closed("close"); err != nil {
		return err
	}
	f.done = true
	_, err := f.fs.before(intakelog.OpClose)
	return err
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
