// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire

// CountReader checks a request of any signal, every byte of it, and counts what
// each of its resources sent: spans, data points or log records.
type CountReader struct {
	signal   Signal
	limits   Limits
	top      frame
	resource Resource
	items    int64
	err      error
}

// NewCountReader returns a reader of the signal's export request.
func NewCountReader(s Signal, body []byte, l Limits) *CountReader {
	return &CountReader{signal: s, limits: l, top: frame{b: body}}
}

// NextResource moves to the next resource, having checked everything in it.
func (r *CountReader) NextResource() bool {
	r.resource, r.items = Resource{}, 0
	if r.err != nil {
		return false
	}
	in, ok, f := r.top.take(tagList)
	if f == nil && ok {
		f = r.read(&in)
	}
	if f != nil {
		r.err = f.err(r.signal)
	}
	return ok && f == nil
}

func (r *CountReader) read(in *frame) *fault {
	resource, f := in.message(tagOwner)
	if f != nil {
		return f
	}
	w := walker{limits: &r.limits}
	if f := w.walk(resources[r.signal], in.b, r.limits.Depth); f != nil {
		return f.within(in.base)
	}
	r.resource, r.items = Resource{Raw: resource.b}, w.items
	return nil
}

// Resource returns the resource that NextResource moved to.
func (r *CountReader) Resource() Resource { return r.resource }

// Items returns how many spans, data points or log records the resource sent.
func (r *CountReader) Items() int64 { return r.items }

// Err returns why reading ended early, or nil.
func (r *CountReader) Err() error { return r.err }
