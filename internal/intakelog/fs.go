// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog

import "io"

// FS is the smallest set of file operations that the log needs. Names are
// slash-separated and relative to the data directory, "." is the directory
// itself. Nothing is durable before the Sync of the file and, for a name, the
// SyncDir of its directory.
type FS interface {
	// Mkdir makes a directory, or does nothing when it exists.
	Mkdir(dir string) error
	// List returns the names of what is in dir, in any order.
	List(dir string) ([]string, error)
	// Create makes an empty file; it is an error that one exists.
	Create(name string) (File, error)
	// Open opens an existing file for reading and writing.
	Open(name string) (File, error)
	// Rename replaces to by from, at once or not at all. Both are in the same
	// directory.
	Rename(from, to string) error
	// Remove deletes a file; open files stay usable.
	Remove(name string) error
	// SyncDir makes creations, renames and removals in dir durable.
	SyncDir(dir string) error
	// Lock takes the lock that name stands for until it is closed or the
	// process ends; an errs.Conflict error says that somebody else holds it.
	Lock(name string) (io.Closer, error)
	// Free returns the bytes that this process may still write.
	Free() (int64, error)
}

// File is an open file of an FS. ReadAt and WriteAt report what they did of a
// shorter read or write, as the io interfaces say.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	Sync() error
}
