// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
)

// field appends a message or a text to a protobuf message.
func field(b []byte, n protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), value)
}

// attribute is a KeyValue of texts.
func attribute(key, value string) string {
	return string(field(field(nil, 1, key), 2, string(field(nil, 1, value))))
}

// request is one server span of a route and status, in a request of its own.
func request(id byte, route, status string, end time.Time) []byte {
	span := field(nil, 1, string(append(make([]byte, 15), id)))
	span = field(span, 2, string(append(make([]byte, 7), id)))
	span = protowire.AppendVarint(protowire.AppendTag(span, 6, protowire.VarintType), 2)
	for n, at := range map[protowire.Number]time.Time{7: end.Add(-time.Millisecond), 8: end} {
		span = protowire.AppendFixed64(protowire.AppendTag(span, n, protowire.Fixed64Type), uint64(at.UnixNano()))
	}
	span = field(span, 9, attribute("http.request.method", "GET"))
	span = field(span, 9, attribute("http.route", route))
	code := protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), map[string]uint64{"200": 200, "404": 404}[status])
	span = field(span, 9, string(field(field(nil, 1, "http.response.status_code"), 2, string(code))))
	resource := field(nil, 1, attribute("service.name", "shop-api"))
	resource = field(resource, 1, attribute("deployment.environment.name", "production"))
	return field(nil, 1, string(field(field(nil, 1, string(resource)), 2, string(field(nil, 2, string(span))))))
}

// TestProbesAreTalliedApart: a health check is excluded and tallied, a client
// error only excluded.
func TestProbesAreTalliedApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(26 * 365 * 24 * time.Hour) // the bubble's clock starts in 2000
		all := indicator(t, sli.Rule{Kind: sli.Availability})
		into := &shelf{t: t, counts: ledger{}}
		n := start(t, t.TempDir(), &ingest.Binding{Indicators: []ingest.Bound{{Indicator: all}}}, into, &cursors{})
		end := time.Now()
		n.send(request(1, "/items", "200", end))
		n.send(request(2, "/items", "404", end))
		n.send(request(3, "/healthz", "200", end))
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		n.stop()
		k := slice.Key{Service: shop(), Indicator: string(all.ID)}
		m := slice.MinuteOf(end)
		if got, want := into.counts[slot{k, m}], (slice.Counts{Good: 1, Excluded: 2}); got != want {
			t.Errorf("total: got %+v, want %+v", got, want)
		}
		k.Tally = slice.Probes
		if got, want := into.counts[slot{k, m}], (slice.Counts{Good: 1}); got != want {
			t.Errorf("probes: got %+v, want %+v", got, want)
		}
	})
}
