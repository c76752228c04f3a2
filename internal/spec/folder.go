// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/errs"
)

// Folder is a directory of service files, whose names end in .yaml or .yml;
// those that end in .test.yaml or .test.yml are test files. Directories whose names begin with a dot are passed over, as are links that
// lead out of the folder.
type Folder struct {
	dir    string
	opened string // its signature before anything was read
}

// OpenFolder returns the folder, which must exist.
func OpenFolder(dir string) (*Folder, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errs.New(errs.NotFound, "services folder %s does not exist", dir).WithHint("create it, or name another with --services")
	case err != nil:
		return nil, fmt.Errorf("open services folder: %w", err)
	case !info.IsDir():
		return nil, errs.New(errs.Invalid, "services folder %s is a file", dir).WithHint("name the folder that holds it")
	}
	f := &Folder{dir: dir}
	f.opened = f.signature()
	return f, nil
}

// Read returns the service files, in the order of their paths.
func (f *Folder) Read() ([]Source, error) { return f.read(isServiceFile) }

// ReadTests returns the test files, in the order of their paths.
func (f *Folder) ReadTests() ([]Source, error) { return f.read(isTestFile) }

func (f *Folder) read(wanted func(name string) bool) ([]Source, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, fmt.Errorf("open services folder: %w", err)
	}
	defer root.Close()
	names, err := f.names(root, wanted)
	if err != nil {
		return nil, err
	}
	sources := make([]Source, 0, len(names))
	for _, name := range names {
		content, err := readLimited(root, name)
		if err != nil && leaves(root, name) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read service file %s: %w", name, err)
		}
		sources = append(sources, Source{Path: name, Content: content})
	}
	return sources, nil
}

// names returns the paths of the files below the folder that are wanted.
func (f *Folder) names(root *os.Root, wanted func(name string) bool) (names []string, err error) {
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || !wanted(name):
			return nil
		case len(names) == MaxFiles:
			return errs.New(errs.TooLarge, "services folder %s holds more than %d files", f.dir, MaxFiles)
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list services folder: %w", err)
	}
	slices.Sort(names)
	return names, nil
}

func isServiceFile(name string) bool {
	ext := path.Ext(name)
	return (ext == ".yaml" || ext == ".yml") && !isTestFile(name)
}

func isTestFile(name string) bool {
	return strings.HasSuffix(name, ".test.yaml") || strings.HasSuffix(name, ".test.yml")
}

// leaves reports whether the name is a link that the root does not follow.
func leaves(root *os.Root, name string) bool {
	info, err := root.Lstat(name)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// readLimited reads one byte more than a file may have, so that Parse can say
// that it is too large.
func readLimited(root *os.Root, name string) ([]byte, error) {
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, MaxFileBytes+1))
}

// Watch calls changed whenever the content of the folder has changed since it
// was opened or since the last call, and is the same at two looks, until ctx
// ends: a file that is replaced by tools which remove and write is away for a
// moment, and what it defines must not end. After an error it calls
// again until there is none: a folder that cannot be read now, or a store that
// is full, takes the change later. It looks at sizes and times at an interval:
// that works on every file system, for mounted configuration that is swapped
// by a link too, which notifications do not.
func (f *Folder) Watch(ctx context.Context, every time.Duration, changed func() error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	last, seen := f.opened, f.opened
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		// What is written while changed reads is a change of its own.
		now := f.signature()
		settled := now == seen
		seen = now
		if settled && now != last && changed() == nil {
			last = now
		}
	}
}

// signature changes when a file appears, vanishes or is written.
func (f *Folder) signature() string {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return err.Error()
	}
	defer root.Close()
	names, err := f.names(root, isServiceFile)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, name := range names {
		info, err := root.Stat(name)
		if err != nil {
			fmt.Fprintf(&b, "%s %v\n", name, err)
			continue
		}
		fmt.Fprintf(&b, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
	}
	return b.String()
}
