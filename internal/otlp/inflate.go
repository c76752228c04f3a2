// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/inflate"
)

// compression is how a body is encoded for its way.
type compression uint8

const (
	identity compression = iota
	gzipped
	zstandard
	deflated
	compressions
)

var compressionNames = [compressions]string{"none", "gzip", "zstd", "deflate"}

func (e compression) String() string { return compressionNames[e] }

// acceptEncoding is the header that answers an encoding we do not know.
const acceptEncoding = "gzip, zstd, deflate"

// parseCompression reads the value of Content-Encoding. Chains of encodings are
// refused: nobody sends them but to multiply the ratio.
func parseCompression(name string) (compression, bool) {
	switch name {
	case "", "identity":
		return identity, true
	case "gzip", "x-gzip":
		return gzipped, true
	case "zstd":
		return zstandard, true
	case "deflate":
		return deflated, true
	}
	return identity, false
}

const (
	// maxRatio is how many times its compressed size a body may have, once it
	// is larger than ratioFree.
	maxRatio  = 200
	ratioFree = mib
	// usualRatio sizes the first buffer when the compressed bytes do not say.
	usualRatio = 16
	// maxTrusted is the ratio up to which we believe the size that the
	// compressed bytes claim for themselves. Beyond it the buffer grows.
	maxTrusted = 64
	// maxWindow is the most memory a zstd frame may ask for.
	maxWindow = 8 * mib
)

// inflate returns src decompressed, in a buffer of the intake.
func (in *intake) inflate(pools *inflaters, enc compression, src []byte) ([]byte, error) {
	if len(src) == 0 {
		// A compressor that was closed without input may have written
		// nothing. An empty request is a success by the spec.
		return src, nil
	}
	limit, means := in.limit, overSize
	if ratio := max(ratioFree, maxRatio*int64(len(src))); ratio < limit {
		limit, means = ratio, overRatio
	}
	if enc == gzipped {
		if body, err := in.gunzip(pools, src, limit); body != nil || err != nil {
			return body, err
		}
	}
	r, err := pools.open(enc, src)
	if err != nil {
		return nil, malformed(enc, err)
	}
	body, err := in.read(r, sizeHint(enc, src), limit, means)
	pools.close(enc, r)
	if err != nil && errs.KindOf(err) == errs.Internal {
		return nil, malformed(enc, err)
	}
	return body, err
}

// gunzip decompresses what most clients send: one member of gzip that tells
// its size. It returns nil without an error for anything else.
func (in *intake) gunzip(pools *inflaters, src []byte, limit int64) ([]byte, error) {
	if len(src) < 4 {
		return nil, nil
	}
	size := int64(binary.LittleEndian.Uint32(src[len(src)-4:]))
	if size == 0 || size > min(limit, maxTrusted*int64(len(src))) {
		return nil, nil
	}
	buf, err := in.buffer(size)
	if err != nil {
		return nil, err
	}
	d := pools.whole.Get().(*inflate.Decoder)
	body, ok := d.Gunzip((*buf)[:cap(*buf)], src)
	pools.whole.Put(d)
	if !ok {
		in.drop()
		return nil, nil
	}
	return body, nil
}

// malformed says that the bytes are not what Content-Encoding promised. A zstd
// window above the limit is a matter of size.
func malformed(enc compression, err error) error {
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return errs.New(errs.TooLarge, "decompress %s: %w", enc, err)
	}
	return errs.New(errs.Invalid, "decompress %s: %w", enc, err)
}

// sizeHint returns a guess at the decompressed size of bytes whose header was
// read already. gzip ends with it, a zstd frame may begin with it; both can
// lie, so the guess only sizes a buffer.
func sizeHint(enc compression, src []byte) int64 {
	size := usualRatio * int64(len(src))
	switch enc {
	case gzipped:
		size = int64(binary.LittleEndian.Uint32(src[len(src)-4:]))
	case zstandard:
		var header zstd.Header
		if header.Decode(src) == nil && header.HasFCS {
			size = int64(min(header.FrameContentSize, maxTrusted*uint64(len(src))))
		}
	}
	return min(size, maxTrusted*int64(len(src)))
}

// inflaters pools decompressors: a fresh gzip reader costs 40 KiB.
type inflaters struct {
	pools [compressions]sync.Pool
	whole sync.Pool // of *inflate.Decoder
}

func newInflaters() *inflaters {
	var p inflaters
	p.whole.New = func() any { return new(inflate.Decoder) }
	p.pools[gzipped].New = func() any { return new(gzip.Reader) }
	p.pools[zstandard].New = func() any { return newZstd() }
	p.pools[deflated].New = func() any { return new(deflater) }
	return &p
}

// newZstd returns a decoder without goroutines of its own.
func newZstd() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecodeBuffersBelow(0))
	if err != nil {
		panic("BUG: zstd decoder options: " + err.Error())
	}
	return d
}

// open returns a reader of src's decompressed bytes.
func (p *inflaters) open(enc compression, src []byte) (io.Reader, error) {
	r := p.pools[enc].Get().(resetter)
	if err := r.Reset(bytes.NewReader(src)); err != nil {
		p.pools[enc].Put(r)
		return nil, err
	}
	return r, nil
}

// close takes back a reader from open.
func (p *inflaters) close(enc compression, r io.Reader) { p.pools[enc].Put(r) }

type resetter interface {
	io.Reader
	Reset(r io.Reader) error
}

// deflater reads what clients call deflate: zlib by the standard, or the raw
// stream that some browsers and libraries send.
type deflater struct {
	io.Reader
	zlib, raw io.ReadCloser
}

// Reset starts on src, which is a bytes.Reader.
func (d *deflater) Reset(src io.Reader) error {
	var err error
	if !startsZlib(src.(*bytes.Reader)) {
		d.Reader, d.raw, err = restart(d.raw, src, func(r io.Reader) (io.ReadCloser, error) { return flate.NewReader(r), nil })
		return err
	}
	d.Reader, d.zlib, err = restart(d.zlib, src, zlib.NewReader)
	return err
}

// restart resets old to src, or makes a first reader.
func restart(old io.ReadCloser, src io.Reader, fresh func(io.Reader) (io.ReadCloser, error)) (io.Reader, io.ReadCloser, error) {
	if old == nil {
		r, err := fresh(src)
		return r, r, err
	}
	err := old.(flate.Resetter).Reset(src, nil)
	return old, old, err
}

// startsZlib peeks at the two bytes of a zlib header (RFC 1950): method 8, and
// a checksum that makes them a multiple of 31.
func startsZlib(src *bytes.Reader) bool {
	var header [2]byte
	if n, _ := src.ReadAt(header[:], 0); n < 2 {
		return false
	}
	return header[0]&0x0f == 8 && binary.BigEndian.Uint16(header[:])%31 == 0
}
