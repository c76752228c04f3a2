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
	"io"
	"io/fs"
	"math"
	"path"
	"strings"
	"sync"
	"syscall"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/intakelog"
)

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

// New returns an empty disk without limit.
func New() *FS {
	return &FS{root: newDir(), locked: map[string]bool{}, capacity: math.MaxInt64, power: -1}
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
