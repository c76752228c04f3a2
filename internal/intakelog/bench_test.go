// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/leadline/leadline/internal/intakelog"
)

// noise is a payload that no compressor and no branch predictor knows.
func noise(n int) []byte {
	b := make([]byte, n)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func BenchmarkCommit(b *testing.B) {
	for _, group := range []int{4 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("group=%dKiB", group>>10), func(b *testing.B) {
			l, _, _ := open(b, intakelog.OS(b.TempDir()), intakelog.Config{ReserveBytes: 1})
			defer closeLog(b, l)
			records := []intakelog.Record{{Kind: intakelog.Batch, Until: 1, Payload: noise(group)}}
			b.SetBytes(int64(group))
			b.ReportAllocs()
			for b.Loop() {
				commit(b, l, intakelog.Intake, records...)
				if l.Stats().Intake.Segments > 4 {
					if err := l.Drop(intakelog.Intake, 1); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkReplay(b *testing.B) {
	for _, size := range []int{256, 4 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("record=%dB", size), func(b *testing.B) {
			const total = 256 << 20
			fs := intakelog.OS(b.TempDir())
			l, _, _ := open(b, fs, intakelog.Config{ReserveBytes: 1})
			group := make([]intakelog.Record, max(1, (1<<20)/size))
			for i := range group {
				group[i] = intakelog.Record{Kind: intakelog.Batch, Until: 1, Payload: noise(size)}
			}
			for range total / size / len(group) {
				commit(b, l, intakelog.Intake, group...)
			}
			closeLog(b, l)
			b.SetBytes(total)
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				l, damage, err := intakelog.Open(fs, intakelog.Config{}, func(intakelog.Stream, intakelog.Record) error {
					n++
					return nil
				})
				if err != nil || len(damage) > 0 || n != total/size/len(group)*len(group) {
					b.Fatal(n, damage, err)
				}
				closeLog(b, l)
			}
		})
	}
}
