// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"encoding/json"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leadline/leadline/internal/wire"
)

// The Export*ServiceResponse of all signals are alike but for one JSON name:
//
//	partial_success = 1 {
//	    int64  rejected_{spans,data_points,log_records} = 1
//	    string error_message = 2
//	}
const (
	fieldPartialSuccess protowire.Number = 1
	fieldRejected       protowire.Number = 1
	fieldErrorMessage   protowire.Number = 2
)

var rejectedNames = [...]string{
	wire.Traces:  "rejectedSpans",
	wire.Metrics: "rejectedDataPoints",
	wire.Logs:    "rejectedLogRecords",
}

// full tells whether partial_success must stay unset.
func (r Result) full() bool { return r.Rejected == 0 && r.Message == "" }

// proto returns the protobuf response. It is empty on full success.
func (r Result) proto() []byte {
	if r.full() {
		return nil
	}
	var partial []byte
	if r.Rejected != 0 {
		partial = protowire.AppendTag(partial, fieldRejected, protowire.VarintType)
		partial = protowire.AppendVarint(partial, uint64(r.Rejected))
	}
	if r.Message != "" {
		partial = protowire.AppendTag(partial, fieldErrorMessage, protowire.BytesType)
		partial = protowire.AppendString(partial, r.Message)
	}
	body := protowire.AppendTag(nil, fieldPartialSuccess, protowire.BytesType)
	return protowire.AppendBytes(body, partial)
}

// json returns the JSON response. 64-bit integers are decimal strings there.
func (r Result) json(signal wire.Signal) []byte {
	if r.full() {
		return []byte("{}")
	}
	partial := map[string]string{rejectedNames[signal]: strconv.FormatInt(r.Rejected, 10)}
	if r.Message != "" {
		partial["errorMessage"] = r.Message
	}
	body, err := json.Marshal(map[string]any{"partialSuccess": partial})
	if err != nil {
		panic("BUG: marshal strings: " + err.Error())
	}
	return body
}

// encode returns the response within limit bytes, which Config keeps above
// 1 KiB. The message gives way: by as much as needed without escapes, and then
// by as much as JSON needs, which may turn one byte into six.
func (r Result) encode(signal wire.Signal, asJSON bool, limit int) []byte {
	if r.full() && !asJSON {
		return nil
	}
	const frame, escaped = 128, 6
	r.Message = shorten(r.Message, limit-frame)
	if !asJSON {
		return r.proto()
	}
	if body := r.json(signal); len(body) <= limit {
		return body
	}
	r.Message = shorten(r.Message, (limit-frame)/escaped)
	return r.json(signal)
}
