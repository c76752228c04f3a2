// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/errs"
)

// Cursors is a small durable table of how far each projection of the log has
// come. It is one text file, which a save replaces as a whole:
//
//	leadline cursors 1
//	remote.thanos 29393281
//	tsdb 29393284
//	sum 3f8a1c0b5de27946
//
// A cursor that SaveCursor returned nil for is what the next LoadCursor sees,
// after a crash too. A failed sync stops it for good, as it does the log: what
// a cursor has passed is deleted.
type Cursors struct {
	fs   FS
	name string

	mu     sync.Mutex
	values map[string]int64
	failed error
}

const (
	cursorsHead   = "leadline cursors "
	cursorsFormat = 1
	cursorsMax    = 1024
	cursorNameMax = 128
	cursorsBytes  = 1 << 20
)

// OpenCursors reads the file name in fs, which need not exist yet. A file that
// is damaged counts as empty, and is returned as damage: projections then
// start from the oldest minute that the log holds, which is safe because a
// minute is the same however often it is written.
func OpenCursors(fsys FS, name string) (*Cursors, []Damage, error) {
	c := &Cursors{fs: fsys, name: name, values: map[string]int64{}}
	b, err := readFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	// A rename that the last process did not live to sync: what is read must
	// be what a crash would leave.
	if err := fsys.SyncDir(path.Dir(name)); err != nil {
		return nil, nil, fmt.Errorf("sync the directory of %s: %w", name, err)
	}
	values, err := parseCursors(b)
	if errs.KindOf(err) == errs.Unsupported {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	if err != nil {
		return c, []Damage{{Stream: Minutes, Segment: name, Length: int64(len(b)), Reason: err.Error()}}, nil
	}
	c.values = values
	return c, nil, nil
}

func readFile(fsys FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	size, err := f.Size()
	b := make([]byte, min(size, cursorsBytes))
	n, readErr := f.ReadAt(b, 0)
	if n == len(b) {
		readErr = nil
	}
	return b, errors.Join(err, readErr, f.Close())
}

// LoadCursor returns the cursor, and whether there is one.
func (c *Cursors) LoadCursor(name string) (int64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.values[name]
	return v, ok
}

// SaveCursor sets a cursor durably. Names are lower-case words of letters,
// digits, dot, dash and underscore.
func (c *Cursors) SaveCursor(name string, v int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != nil {
		return c.failed
	}
	if !isCursorName(name) {
		return errs.New(errs.Invalid, "save cursor %q: not a name", name)
	}
	values := maps.Clone(c.values)
	values[name] = v
	if len(values) > cursorsMax {
		return errs.New(errs.TooLarge, "save cursor %q: there are %d already", name, cursorsMax)
	}
	if err := c.replace(appendCursors(nil, values)); err != nil {
		return fmt.Errorf("save cursor %q: %w", name, err)
	}
	c.values = values
	return nil
}

func (c *Cursors) replace(b []byte) error {
	temp := c.name + ".new"
	if err := c.fs.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := c.fs.Create(temp)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(b, 0); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		c.failed = err
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := c.fs.Rename(temp, c.name); err != nil {
		return err
	}
	c.failed = c.fs.SyncDir(path.Dir(c.name))
	return c.failed
}

func isCursorName(name string) bool {
	if name == "" || name == "sum" || len(name) > cursorNameMax {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
}

func appendCursors(b []byte, values map[string]int64) []byte {
	b = fmt.Appendf(b, "%s%d\n", cursorsHead, cursorsFormat)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		b = fmt.Appendf(b, "%s %d\n", name, values[name])
	}
	return fmt.Appendf(b, "sum %016x\n", xxh3.Hash(b))
}

func parseCursors(b []byte) (map[string]int64, error) {
	body, sum, ok := cutSum(b)
	if !ok || sum != fmt.Sprintf("%016x", xxh3.Hash(body)) {
		return nil, errors.New("the cursors do not have their checksum")
	}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	if version := strings.TrimPrefix(lines[0], cursorsHead); version != strconv.Itoa(cursorsFormat) {
		return nil, errs.New(errs.Unsupported, "cursors of version %q, this program reads version %d", version, cursorsFormat).
			WithHint("A newer leadline wrote this data directory: start that version again.")
	}
	values := make(map[string]int64)
	for i, line := range lines[1:] {
		name, text, _ := strings.Cut(line, " ")
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil || !isCursorName(name) || i >= cursorsMax {
			return nil, fmt.Errorf("line %d is not a cursor", i+2)
		}
		values[name] = v
	}
	return values, nil
}

// cutSum splits the file before its last line.
func cutSum(b []byte) (body []byte, sum string, ok bool) {
	i := bytes.LastIndex(b, []byte("\nsum "))
	if i < 0 {
		return nil, "", false
	}
	sum, ok = strings.CutSuffix(string(b[i+len("\nsum "):]), "\n")
	return b[:i+1], sum, ok
}
