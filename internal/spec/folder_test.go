// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/spec"
)

// write writes files, by their names in a new folder.
func write(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range files {
		put(t, filepath.Join(dir, name), content)
	}
	return dir
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string) *spec.Folder {
	t.Helper()
	f, err := spec.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestReadFolder(t *testing.T) {
	dir := write(t, map[string]string{
		"b.yaml": "b", "a.yml": "a", "team/c.yaml": "c", "README.md": "no", ".git/d.yaml": "no",
		"runbooks/up.md": "no", "e.YAML": "no", ".hidden.yaml": "h",
	})
	sources, err := open(t, dir).Read()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range sources {
		got = append(got, fmt.Sprintf("%s %s", s.Path, s.Content))
	}
	if want := []string{".hidden.yaml h", "a.yml a", "b.yaml b", "team/c.yaml c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLinksOutOfTheFolderAreNotFollowed(t *testing.T) {
	secret := filepath.Join(write(t, map[string]string{"secret.yaml": "secret"}), "secret.yaml")
	dir := write(t, map[string]string{"a.yaml": "a"})
	if err := os.Symlink(secret, filepath.Join(dir, "link.yaml")); err != nil {
		t.Skip(err)
	}
	sources, err := open(t, dir).Read()
	if err != nil || len(sources) != 1 || string(sources[0].Content) != "a" {
		t.Errorf("got %v, %v; want only the folder's own file", sources, err)
	}
}

func TestLinksWithinTheFolderAreFollowed(t *testing.T) {
	// Mounted configuration looks like this.
	dir := write(t, map[string]string{"..data/a.yaml": "a"})
	if err := os.Symlink("..data/a.yaml", filepath.Join(dir, "a.yaml")); err != nil {
		t.Skip(err)
	}
	sources, err := open(t, dir).Read()
	if err != nil || len(sources) != 1 || string(sources[0].Content) != "a" {
		t.Errorf("got %v, %v", sources, err)
	}
}

func TestALargeFileIsReadToItsLimit(t *testing.T) {
	dir := write(t, map[string]string{"a.yaml": string(make([]byte, 3*spec.MaxFileBytes))})
	sources, err := open(t, dir).Read()
	if err != nil || len(sources[0].Content) != spec.MaxFileBytes+1 {
		t.Errorf("got %d bytes, %v", len(sources[0].Content), err)
	}
}

func TestOpenFolder(t *testing.T) {
	dir := write(t, map[string]string{"a.yaml": ""})
	if _, err := spec.OpenFolder(filepath.Join(dir, "nowhere")); errs.KindOf(err) != errs.NotFound || errs.HintOf(err) == "" {
		t.Errorf("a folder that does not exist: got %v", err)
	}
	if _, err := spec.OpenFolder(filepath.Join(dir, "a.yaml")); errs.KindOf(err) != errs.Invalid || errs.HintOf(err) == "" {
		t.Errorf("a file: got %v", err)
	}
}

// TestWatch changes a folder in every way. Each change waits until it was
// taken, so that none can hide another, and is taken at the second try.
func TestWatch(t *testing.T) {
	dir := write(t, map[string]string{"a.yaml": "a"})
	path := func(name string) string { return filepath.Join(dir, name) }
	ctx, cancel := context.WithCancel(context.Background())
	changed, ended := make(chan struct{}), make(chan struct{})
	folder := open(t, dir)
	// Before anybody watches.
	if err := os.WriteFile(path("a.yaml"), []byte("long"), 0o644); err != nil {
		t.Fatal(err)
	}
	go func() {
		refused := false
		folder.Watch(ctx, time.Millisecond, func() error {
			// The first answer to each change is an error.
			if refused = !refused; refused {
				return errors.New("disk on fire")
			}
			changed <- struct{}{}
			return nil
		})
		close(ended)
	}()
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"a file was written before", func() error { return nil }},
		{"a file is written", func() error { return os.WriteFile(path("a.yaml"), []byte("longer"), 0o644) }},
		{"a file appears", func() error { return os.WriteFile(path("b.yaml"), nil, 0o644) }},
		{"a file is renamed", func() error { return os.Rename(path("b.yaml"), path("c.yaml")) }},
		{"a file vanishes", func() error { return os.Remove(path("c.yaml")) }},
		{"the folder vanishes", func() error { return os.RemoveAll(dir) }},
		{"the folder is back", func() error {
			return errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(path("d.yaml"), nil, 0o644))
		}},
	} {
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-changed:
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: not noticed", c.name)
		}
	}
	cancel()
	for {
		select {
		case <-changed:
		case <-ended:
			return
		}
	}
}

// TestAFileThatIsReplaced is away for a moment, as tools do that remove and
// write: its objectives, and what fires, must not end.
func TestAFileThatIsReplaced(t *testing.T) {
	dir := write(t, map[string]string{"a.yaml": "a"})
	synctest.Test(t, func(t *testing.T) {
		folder := open(t, dir)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var seen []string
		go folder.Watch(ctx, 2*time.Second, func() error {
			sources, err := folder.Read()
			text := ""
			for _, s := range sources {
				text += s.Path + " " + string(s.Content) + ";"
			}
			seen = append(seen, text)
			return err
		})
		time.Sleep(time.Second)
		if err := os.Remove(filepath.Join(dir, "a.yaml")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second) // it was looked for, and away
		if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte("longer"), 0o644); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if diff := cmp.Diff([]string{"a.yaml longer;"}, seen); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
