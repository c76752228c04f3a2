// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package crashfs

import (
	"errors"
	"io"
	"io/fs"
	"syscall"

	"github.com/leadline/leadline/internal/intakelog"
)

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
