// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog

// Op is an operation that changes files, and the moment around it: OpWrite is
// the one before a write, OpWrite|After the one after it.
type Op uint8

// The operations that a hook sees.
const (
	OpCreate Op = iota
	OpWrite
	OpTruncate
	OpSync
	OpClose
	OpRename
	OpRemove
	OpSyncDir

	// After marks the moment after the operation, whether or not it succeeded.
	After Op = 1 << 7
)

var opNames = [...]string{"create", "write", "truncate", "sync", "close", "rename", "remove", "syncdir"}

// String returns the operation's name; the moment after it ends in "-done".
func (op Op) String() string {
	if op&After != 0 {
		return opNames[op&^After] + "-done"
	}
	return opNames[op]
}

// WithHook returns fs with hook called before and after each operation that
// changes something, so that a test can end a process at each such point. An
// error from the call before an operation replaces it; an error from the call
// after it replaces its success. The name is the file's, of a rename the new
// one.
func WithHook(fs FS, hook func(op Op, name string) error) FS { return hookFS{fs, hook} }

type hookFS struct {
	FS
	hook func(Op, string) error
}

func (h hookFS) around(op Op, name string, do func() error) error {
	if err := h.hook(op, name); err != nil {
		return err
	}
	err := do()
	if after := h.hook(op|After, name); err == nil {
		err = after
	}
	return err
}

func (h hookFS) Create(name string) (File, error) {
	var f File
	err := h.around(OpCreate, name, func() (err error) {
		f, err = h.FS.Create(name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return hookFile{f, h, name}, nil
}

func (h hookFS) Open(name string) (File, error) {
	f, err := h.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return hookFile{f, h, name}, nil
}

func (h hookFS) Rename(from, to string) error {
	return h.around(OpRename, to, func() error { return h.FS.Rename(from, to) })
}

func (h hookFS) Remove(name string) error {
	return h.around(OpRemove, name, func() error { return h.FS.Remove(name) })
}

func (h hookFS) SyncDir(dir string) error {
	return h.around(OpSyncDir, dir, func() error { return h.FS.SyncDir(dir) })
}

type hookFile struct {
	File
	fs   hookFS
	name string
}

func (f hookFile) WriteAt(b []byte, offset int64) (n int, err error) {
	err = f.fs.around(OpWrite, f.name, func() (err error) {
		n, err = f.File.WriteAt(b, offset)
		return err
	})
	return n, err
}

func (f hookFile) Truncate(size int64) error {
	return f.fs.around(OpTruncate, f.name, func() error { return f.File.Truncate(size) })
}

func (f hookFile) Sync() error { return f.fs.around(OpSync, f.name, f.File.Sync) }

func (f hookFile) Close() error { return f.fs.around(OpClose, f.name, f.File.Close) }
