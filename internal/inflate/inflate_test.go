// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package inflate_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"

	"github.com/leadline/leadline/internal/inflate"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

func gzipped(t testing.TB, raw []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// samples are bodies of different kinds: what is compressed, what cannot be,
// long runs, and sizes around the ends of rounds.
func samples() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 70_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	skewed := make([]byte, 100_000)
	for i := range skewed {
		skewed[i] = byte(min(r.ExpFloat64()*4, 255)) // codes of every length
	}
	all := map[string][]byte{
		"nothing": {}, "one byte": []byte("a"), "noise": noise, "skewed": skewed,
		"run": bytes.Repeat([]byte("a"), 100_000), "short period": bytes.Repeat([]byte("abc"), 30_000),
		"period of a word": bytes.Repeat([]byte("abcdefgh"), 10_000), "text": []byte(strings.Repeat("the quick brown fox ", 400)),
		"telemetry": otlpgen.Traces(1, 512, otlpgen.Options{}),
	}
	for n := 280; n < 310; n++ {
		all[fmt.Sprintf("%d bytes", n)] = noise[:n]
		all[fmt.Sprintf("%d bytes of skewed", n)] = skewed[:n]
	}
	return all
}

func TestGunzip(t *testing.T) {
	var d inflate.Decoder
	for name, raw := range samples() {
		for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level++ {
			src := gzipped(t, raw, level)
			for _, spare := range []int{0, 1, 1000} {
				got, ok := d.Gunzip(make([]byte, len(raw)+spare), src)
				if !ok || !bytes.Equal(got, raw) {
					t.Errorf("%s, level %d, %d bytes to spare: %t, %d bytes of %d", name, level, spare, ok, len(got), len(raw))
				}
			}
			if _, ok := d.Gunzip(make([]byte, max(len(raw)-1, 0)), src); ok && len(raw) > 0 {
				t.Errorf("%s, level %d: fits into less than its size", name, level)
			}
		}
	}
}

// TestGunzipLeavesTheRestToOthers lists what is gzip, but not the usual form.
func TestGunzipLeavesTheRestToOthers(t *testing.T) {
	raw := []byte("telemetry, telemetry, telemetry")
	plain := gzipped(t, raw, 6)
	var named bytes.Buffer
	w := gzip.NewWriter(&named)
	w.Name = "spans"
	_, _ = w.Write(raw)
	_ = w.Close()
	edit := func(at int, b byte) []byte {
		src := bytes.Clone(plain)
		src[(at+len(src))%len(src)] ^= b
		return src
	}
	tests := map[string][]byte{
		"empty": nil, "a name": named.Bytes(), "two members": append(bytes.Clone(plain), plain...),
		"bytes behind": append(bytes.Clone(plain), 0), "cut": plain[:len(plain)-1], "header only": plain[:10],
		"another method": edit(2, 1), "wrong checksum": edit(-8, 1), "wrong size": edit(-4, 1), "reserved block": edit(10, 6),
	}
	var d inflate.Decoder
	for name, src := range tests {
		if _, ok := d.Gunzip(make([]byte, 1000), src); ok {
			t.Errorf("%s: taken", name)
		}
	}
}

// framed makes a gzip member of a DEFLATE stream whose output we expect.
func framed(stream, raw []byte) []byte {
	src := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}, stream...)
	src = binary.LittleEndian.AppendUint32(src, crc32.ChecksumIEEE(raw))
	return binary.LittleEndian.AppendUint32(src, uint32(len(raw)))
}

// FuzzGunzip feeds streams, mostly broken, to our decoder and to that of
// klauspost/compress. What we take they must take, with the same bytes. What
// they take to the last byte we must take too.
func FuzzGunzip(f *testing.F) {
	for _, raw := range samples() {
		if len(raw) < 10_000 {
			src := gzipped(f, raw, 6)
			f.Add(src[10 : len(src)-8])
		}
	}
	f.Add([]byte{3, 0})
	var d inflate.Decoder
	f.Fuzz(func(t *testing.T, stream []byte) {
		in := bytes.NewReader(stream)
		want, err := io.ReadAll(io.LimitReader(flate.NewReader(in), 1<<20))
		if len(want) == 1<<20 {
			return
		}
		valid := err == nil && in.Len() == 0
		got, ok := d.Gunzip(make([]byte, len(want)), framed(stream, want))
		if ok != valid {
			t.Fatalf("taken %t, valid %t (%v, %d bytes left)", ok, valid, err, in.Len())
		}
		if ok && !bytes.Equal(got, want) {
			t.Fatal("other bytes")
		}
	})
}

// BenchmarkGunzip decompresses many bodies in turn: a processor learns a
// single one by heart.
func BenchmarkGunzip(b *testing.B) {
	const spans, bodies = 512, 64
	var sent [bodies][]byte
	size := 0
	for i := range sent {
		raw := otlpgen.Traces(uint64(i), spans, otlpgen.Options{})
		sent[i] = gzipped(b, raw, 6)
		size = max(size, len(raw))
	}
	dst := make([]byte, size+1000)
	run := func(name string, inflate func(src []byte) bool) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if !inflate(sent[n%bodies]) {
					b.Fatal("not taken")
				}
				n++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n)/spans, "ns/span")
		})
	}
	var d inflate.Decoder
	run("whole", func(src []byte) bool {
		_, ok := d.Gunzip(dst, src)
		return ok
	})
	r := new(gzip.Reader)
	run("stream", func(src []byte) bool {
		if r.Reset(bytes.NewReader(src)) != nil {
			return false
		}
		_, err := io.ReadFull(r, dst[:binary.LittleEndian.Uint32(src[len(src)-4:])])
		return err == nil
	})
}
