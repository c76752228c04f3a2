// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog_test

import (
	"errors"
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/crashfs"
	"github.com/leadline/leadline/internal/intakelog"
)

func TestTheHookSeesEveryChange(t *testing.T) {
	var seen []string
	fs := intakelog.WithHook(crashfs.New(), func(op intakelog.Op, name string) error {
		seen = append(seen, op.String()+" "+path.Base(path.Dir(name)))
		return nil
	})
	l, _, _ := open(t, fs, small)
	seen = nil
	commit(t, l, intakelog.Intake, record(1, "one"))
	closeLog(t, l)
	want := []string{
		"create intake", "create-done intake",
		"write intake", "write-done intake", // the header
		"sync intake", "sync-done intake",
		"syncdir log", "syncdir-done log",
		"write intake", "write-done intake", // the record
		"sync intake", "sync-done intake",
		"write intake", "write-done intake", // the seal
		"sync intake", "sync-done intake",
		"close intake", "close-done intake",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

func TestTheHookReplacesResults(t *testing.T) {
	cause := errors.New("failpoint")
	for _, op := range []intakelog.Op{intakelog.OpSync, intakelog.OpSync | intakelog.After} {
		armed := false
		disk := crashfs.New()
		l, _, _ := open(t, intakelog.WithHook(disk, func(got intakelog.Op, _ string) error {
			if armed && got == op {
				return cause
			}
			return nil
		}), small)
		commit(t, l, intakelog.Intake, record(1, "one"))
		armed = true
		if err := l.Commit(intakelog.Intake, []intakelog.Record{record(2, "two")}); !errors.Is(err, cause) || l.Failed() == nil {
			t.Errorf("%v: commit: %v", op, err)
		}
	}
}
