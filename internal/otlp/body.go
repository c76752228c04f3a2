// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"io"
	"math/bits"
	"sync"

	"github.com/leadline/leadline/internal/errs"
)

// Buffers come in classes of powers of two. Those above maxPooled are left to
// the garbage collector: one giant request must not pin its size for ever.
const (
	minClassBits = 12 // 4 KiB
	maxPooled    = 8 * mib
	classes      = 12 // 4 KiB to 8 MiB
)

// buffers pools the memory of request bodies. Pools drop what is idle over
// two garbage collections, so the pool as a whole needs no other limit.
type buffers struct {
	pools [classes]sync.Pool
}

// get returns an empty buffer that can hold n bytes.
func (b *buffers) get(n int64) *[]byte {
	class := max(bits.Len64(uint64(max(n, 1)-1))-minClassBits, 0)
	if class >= classes {
		fresh := make([]byte, 0, n)
		return &fresh
	}
	if pooled, ok := b.pools[class].Get().(*[]byte); ok {
		return pooled
	}
	fresh := make([]byte, 0, 1<<(class+minClassBits))
	return &fresh
}

// put takes a buffer back; nobody may use its bytes afterwards.
func (b *buffers) put(buf *[]byte) {
	size := cap(*buf)
	class := bits.Len64(uint64(size)) - 1 - minClassBits
	if size > maxPooled || class < 0 {
		return
	}
	*buf = (*buf)[:0]
	b.pools[class].Put(buf)
}

// intake is the memory of one request: every buffer it holds is paid for from
// the budget and goes back to the pool when the request ends.
type intake struct {
	lease   lease
	buffers *buffers
	// limit is the size no body may exceed, in any form.
	limit int64
	held  [4]*[]byte
	count int
}

// buffer returns an empty buffer with room for n bytes.
func (in *intake) buffer(n int64) (*[]byte, error) {
	if err := in.lease.take(n); err != nil {
		return nil, err
	}
	buf := in.buffers.get(n)
	if extra := int64(cap(*buf)) - n; extra > 0 {
		// The class is larger than asked. Its rest is memory as well, but
		// nobody is refused for our rounding.
		in.lease.budget.used.Add(extra)
		in.lease.held += extra
	}
	in.held[in.count] = buf
	in.count++
	return buf, nil
}

// grow replaces the newest buffer by one with room for n bytes and the same
// content.
func (in *intake) grow(n int64) (*[]byte, error) {
	old := in.held[in.count-1]
	next, err := in.buffer(n)
	if err != nil {
		return nil, err
	}
	*next = append(*next, *old...)
	in.held[in.count-2], in.held[in.count-1] = next, old
	in.drop()
	return next, nil
}

// drop gives the newest buffer back.
func (in *intake) drop() {
	in.count--
	in.lease.give(int64(cap(*in.held[in.count])))
	in.buffers.put(in.held[in.count])
	in.held[in.count] = nil
}

// close gives everything back. The request's bytes are gone afterwards.
func (in *intake) close() {
	for in.count > 0 {
		in.drop()
	}
	in.lease.giveAll()
}

// trustedLength is how much memory a client gets for announcing a length. The
// rest it gets as it sends, so that a slow one holds no more than twice what
// it sent.
const trustedLength = mib

// known reads a body of which the client said the length.
func (in *intake) known(r io.Reader, length int64) ([]byte, error) {
	if length > in.limit {
		return nil, in.errTooLarge()
	}
	if err := in.lease.fits(length); err != nil {
		return nil, err
	}
	return in.read(r, min(length, trustedLength), length, in.errTooLarge())
}

// read reads r to its end into a buffer that starts with room for hint bytes
// and grows to limit at most; tooLarge is the answer beyond that.
func (in *intake) read(r io.Reader, hint, limit int64, tooLarge error) ([]byte, error) {
	buf, err := in.buffer(max(min(hint, limit), 1))
	if err != nil {
		return nil, err
	}
	for {
		n, err := r.Read((*buf)[len(*buf):cap(*buf)])
		*buf = (*buf)[:len(*buf)+n]
		switch {
		case int64(len(*buf)) > limit:
			return nil, tooLarge
		case err == io.EOF:
			return *buf, nil
		case err != nil:
			return nil, err
		case len(*buf) < cap(*buf):
			continue
		}
		more, err := in.extend(r, buf, limit, tooLarge)
		if err == io.EOF {
			return *buf, nil
		}
		if err != nil {
			return nil, err
		}
		buf = more
	}
}

// extend makes room in a full buffer. It reads one byte first, because a hint
// is usually exact and doubling would waste a copy at the very end. At the end
// of r it returns io.EOF.
func (in *intake) extend(r io.Reader, buf *[]byte, limit int64, tooLarge error) (*[]byte, error) {
	var next [1]byte
	if _, err := io.ReadFull(r, next[:]); err != nil {
		return nil, err
	}
	if int64(len(*buf)) >= limit {
		return nil, tooLarge
	}
	grown, err := in.grow(min(2*int64(cap(*buf)), limit+1))
	if err != nil {
		return nil, err
	}
	*grown = append(*grown, next[0])
	return grown, nil
}

// errTooLarge is the answer to a body above the configured size.
func (in *intake) errTooLarge() error {
	return errs.New(errs.TooLarge, "the request is larger than %d bytes", in.limit)
}
