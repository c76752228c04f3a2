// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package intakelog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/leadline/leadline/internal/errs"
)

// Telemetry may hold what others must not read.
const (
	dirMode  = 0o700
	fileMode = 0o600
)

// OS returns the operating system's files in dir, which Mkdir(".") makes. It
// is not an os.Root: an operator may put a directory on another disk behind a
// symbolic link.
func OS(dir string) FS { return osFS{dir} }

type osFS struct{ root string }

func (o osFS) path(name string) string { return filepath.Join(o.root, filepath.FromSlash(name)) }

func (o osFS) Mkdir(dir string) error {
	if dir != "." {
		err := os.Mkdir(o.path(dir), dirMode)
		if errors.Is(err, os.ErrExist) {
			return nil
		}
		return err
	}
	if _, err := os.Stat(o.root); err == nil {
		return nil
	}
	if err := os.MkdirAll(o.root, dirMode); err != nil {
		return err
	}
	return syncDir(filepath.Dir(filepath.Clean(o.root)))
}

func (o osFS) List(dir string) ([]string, error) {
	d, err := os.Open(o.path(dir))
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	return names, errors.Join(err, d.Close())
}

func (o osFS) Create(name string) (File, error) {
	return open(o.path(name), os.O_RDWR|os.O_CREATE|os.O_EXCL)
}

func (o osFS) Open(name string) (File, error) { return open(o.path(name), os.O_RDWR) }

func open(path string, flags int) (File, error) {
	f, err := os.OpenFile(path, flags, fileMode)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (o osFS) Rename(from, to string) error { return os.Rename(o.path(from), o.path(to)) }

func (o osFS) Remove(name string) error { return os.Remove(o.path(name)) }

func (o osFS) SyncDir(dir string) error { return syncDir(o.path(dir)) }

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Lock uses flock, which the kernel releases however the process ends. The
// file keeps the owner's process id for the message; it is never removed,
// since a process could then lock a file that no name leads to.
func (o osFS) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(o.path(name), os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		return nil, errs.New(errs.Conflict, "data directory %s is in use by process %s", o.root, owner(f)).
			WithHint("Stop the other leadline process, or choose another --data-dir.")
	}
	if err := f.Truncate(0); err == nil {
		// Best effort: the id only serves the other process's message.
		_, _ = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	return f, nil
}

func owner(f *os.File) string {
	var pid int
	if _, err := fmt.Fscan(f, &pid); err != nil {
		return "(unknown)"
	}
	return fmt.Sprint(pid)
}

func (o osFS) Free() (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(o.root, &s); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", o.root, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
