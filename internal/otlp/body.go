// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"io"
	"math/bits"
	"sync"

	"github.com/leadline/leadline/internal/errs"
)

// Buffers come in classes of powers of two, 4 KiB to 64 MiB. What is larger is
// left to the garbage collector.
const (
	minClassBits = 12
	// poolClasses are the small ones: their number is bounded by what is in
	// use, and the runtime drops the idle ones over two collections.
	poolClasses = 8 // 4 KiB to 512 KiB
	keepClasses = 7 // 1 MiB to 64 MiB
	classes     = poolClasses + keepClasses
	// maxKept bounds the idle large buffers together. A pool of the runtime
	// would keep as many as a burst of refused requests has touched.
	maxKept = 64 * mib
)

// buffers recycles the memory of request bodies.
type buffers struct {
	pools [poolClasses]sync.Pool

	mu        sync.Mutex
	kept      [keepClasses][]*[]byte
	keptBytes int64
}

// classOf returns the smallest class that holds n bytes.
func classOf(n int64) int { return max(bits.Len64(uint64(max(n, 1)-1))-minClassBits, 0) }

// sizeOf returns the memory that get takes for n bytes.
func (b *buffers) sizeOf(n int64) int64 {
	if class := classOf(n); class < classes {
		return 1 << (class + minClassBits)
	}
	return n
}

// get returns an empty buffer that can hold n bytes.
func (b *buffers) get(n int64) *[]byte {
	if class := classOf(n); class < classes {
		if buf := b.idle(class); buf != nil {
			return buf
		}
	}
	fresh := make([]byte, 0, b.sizeOf(n))
	return &fresh
}

// idle returns an idle buffer of the class, or nil.
func (b *buffers) idle(class int) *[]byte {
	if class < poolClasses {
		buf, _ := b.pools[class].Get().(*[]byte)
		return buf
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := &b.kept[class-poolClasses]
	if len(*kept) == 0 {
		return nil
	}
	buf := (*kept)[len(*kept)-1]
	*kept = (*kept)[:len(*kept)-1]
	b.keptBytes -= int64(cap(*buf))
	return buf
}

// put takes a buffer back; nobody may use its bytes afterwards.
func (b *buffers) put(buf *[]byte) {
	*buf = (*buf)[:0]
	size := int64(cap(*buf))
	class := classOf(size)
	if class < poolClasses {
		b.pools[class].Put(buf)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if class < classes && b.keptBytes+size <= maxKept {
		b.kept[class-poolClasses] = append(b.kept[class-poolClasses], buf)
		b.keptBytes += size
	}
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
	if err := in.lease.take(in.buffers.sizeOf(n)); err != nil {
		return nil, err
	}
	buf := in.buffers.get(n)
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
// rest it gets as it sends, so that a slow one holds no more than a few times
// what it sent.
const trustedLength = mib

// known reads a body of which the client said the length.
func (in *intake) known(r io.Reader, length int64) ([]byte, error) {
	if length > in.limit {
		return nil, in.errExcess(overSize)
	}
	if err := in.lease.fits(length); err != nil {
		return nil, err
	}
	return in.read(r, min(length, trustedLength), length, overSize)
}

// read reads r to its end into a buffer that starts with room for hint bytes
// and grows to limit at most; what that limit means decides the answer beyond
// it.
func (in *intake) read(r io.Reader, hint, limit int64, means excess) ([]byte, error) {
	buf, err := in.buffer(max(min(hint, limit), 1))
	if err != nil {
		return nil, err
	}
	for {
		n, err := r.Read((*buf)[len(*buf):cap(*buf)])
		*buf = (*buf)[:len(*buf)+n]
		switch {
		case int64(len(*buf)) > limit:
			return nil, in.errExcess(means)
		case err == io.EOF:
			return *buf, nil
		case err != nil:
			return nil, err
		case len(*buf) < cap(*buf):
			continue
		}
		more, err := in.extend(r, buf, limit, means)
		if err == io.EOF {
			return *buf, nil
		}
		if err != nil {
			return nil, err
		}
		buf = more
	}
}

// growth is by how much a full buffer grows. Doubling would leave as much
// garbage behind as the body is long.
const growth = 4

// extend makes room in a full buffer. It reads one byte first, because a hint
// is usually exact and growing would waste a copy at the very end. At the end
// of r it returns io.EOF.
func (in *intake) extend(r io.Reader, buf *[]byte, limit int64, means excess) (*[]byte, error) {
	var next [1]byte
	if _, err := io.ReadFull(r, next[:]); err != nil {
		return nil, err
	}
	if int64(len(*buf)) >= limit {
		return nil, in.errExcess(means)
	}
	grown, err := in.grow(min(growth*int64(cap(*buf)), limit+1))
	if err != nil {
		return nil, err
	}
	*grown = append(*grown, next[0])
	return grown, nil
}

// excess says which limit a body exceeds.
type excess uint8

const (
	overSize excess = iota
	overRatio
)

// errExcess is the answer to a body above a limit.
func (in *intake) errExcess(what excess) error {
	if what == overRatio {
		return errs.New(errs.TooLarge, "the request decompresses to more than %d times its size", maxRatio)
	}
	return errs.New(errs.TooLarge, "the request is larger than %d bytes", in.limit)
}
