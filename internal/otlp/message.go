// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"fmt"

	"google.golang.org/grpc/mem"

	"github.com/leadline/leadline/internal/errs"
)

// codec moves messages without turning them into objects.
type codec struct{}

// Name is what clients call protobuf in their content type.
func (codec) Name() string { return "proto" }

// response is a serialized answer.
type response []byte

// Marshal takes a response.
func (codec) Marshal(v any) (mem.BufferSlice, error) {
	body, ok := v.(response)
	if !ok {
		return nil, fmt.Errorf("marshal %T", v)
	}
	if len(body) == 0 {
		return nil, nil
	}
	return mem.BufferSlice{mem.SliceBuffer(body)}, nil
}

// Unmarshal fills a *message. What is wrong with the bytes is kept in it: an
// error returned here would be answered by grpc-go, as INTERNAL.
func (codec) Unmarshal(data mem.BufferSlice, v any) error {
	m, ok := v.(*message)
	if !ok || m.received {
		return fmt.Errorf("unmarshal into %T", v)
	}
	m.received = true
	m.err = m.fill(data)
	return nil
}

// message is a received request on its way to one contiguous body.
type message struct {
	intake      *intake
	inflaters   *inflaters
	received    bool
	compression compression
	body        []byte
	err         error
	// kept is what body points into when nothing had to be copied.
	kept mem.BufferSlice
}

// fill decompresses or joins data into body. The share that was reserved
// blindly is exchanged for one of the true size.
func (m *message) fill(data mem.BufferSlice) error {
	m.intake.lease.give(receiveShare)
	whole, err := m.join(data)
	if err != nil {
		return err
	}
	m.compression, m.body = unmark(whole)
	if m.compression == identity {
		return nil
	}
	m.body, err = m.intake.inflate(m.inflaters, m.compression, m.body)
	return err
}

// join returns the bytes of data in one piece. Small messages and those of
// gzipPass already are.
func (m *message) join(data mem.BufferSlice) ([]byte, error) {
	size := int64(data.Len())
	if size > m.intake.limit+markLength {
		return nil, errs.New(errs.TooLarge, "the request is larger than %d bytes", m.intake.limit)
	}
	if len(data) == 1 {
		if err := m.intake.lease.take(size); err != nil {
			return nil, err
		}
		data.Ref()
		m.kept = data
		return data[0].ReadOnlyData(), nil
	}
	buf, err := m.intake.buffer(size)
	if err != nil {
		return nil, err
	}
	*buf = (*buf)[:size]
	data.CopyTo(*buf)
	return *buf, nil
}

// free gives up what was kept of the transport's memory.
func (m *message) free() { m.kept.Free() }
