// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package conform_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/otlp/conform"
)

// broken are servers that are wrong on purpose, each in its own way. They read
// the whole body first, so that a check fails for the answer and not for a
// closed connection.
var broken = map[string]func(w http.ResponseWriter, grpc bool){
	"takes everything": func(w http.ResponseWriter, grpc bool) {
		reply(w, grpc, 200, "0", "text/plain", "")
	},
	"takes nothing and cannot say why": func(w http.ResponseWriter, grpc bool) {
		reply(w, grpc, 500, "13", "text/plain", "internal error")
	},
	"sets an empty partial_success": func(w http.ResponseWriter, grpc bool) {
		reply(w, grpc, 200, "0", "application/x-protobuf", "\x0a\x00")
	},
	"invents fields": func(w http.ResponseWriter, grpc bool) {
		reply(w, grpc, 200, "0", "application/json", `{"accepted":{}}`)
	},
}

func reply(w http.ResponseWriter, grpc bool, status int, code, contentType, body string) {
	if !grpc {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return
	}
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status")
	if code == "0" {
		_, _ = w.Write(append([]byte{0, 0, 0, 0, byte(len(body))}, body...))
	}
	w.Header().Set("Grpc-Status", code)
}

// serveBroken serves HTTP/1.1 and gRPC on one port.
func serveBroken(t *testing.T, answer func(http.ResponseWriter, bool)) conform.Target {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		answer(w, r.ProtoMajor == 2)
	}))
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server.Config.Protocols = &protocols
	server.Start()
	t.Cleanup(server.Close)
	return conform.Target{HTTPURL: server.URL, GRPCAddr: strings.TrimPrefix(server.URL, "http://"), Provokes: true, SizeLimit: 1 << 20}
}

// TestSuiteCanFail shows that every row fails, over every transport it has, at
// some server that breaks it.
func TestSuiteCanFail(t *testing.T) {
	type place struct {
		row       string
		transport conform.Transport
	}
	checked, failed := map[place]bool{}, map[place]bool{}
	for name, answer := range broken {
		for _, o := range conform.Run(t.Context(), serveBroken(t, answer)) {
			at := place{o.Row.ID, o.Cell.Transport}
			checked[at] = true
			if o.Err != nil {
				failed[at] = true
				t.Logf("%s: %s, %s: %v", name, o.Row.ID, o.Cell, o.Err)
			}
		}
	}
	for at := range checked {
		if !failed[at] {
			t.Errorf("row %s over %s passed at every broken server", at.row, at.transport)
		}
	}
	if want := len(conform.Rows()); want == 0 || len(checked) < want {
		t.Errorf("checked %d places of %d rows", len(checked), want)
	}
}

func TestRowsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range conform.Rows() {
		if row.ID == "" || row.Section == "" || row.Requirement == "" || seen[row.ID] {
			t.Errorf("row %+v lacks a part or repeats an id", row)
		}
		seen[row.ID] = true
		if strings.ContainsAny(row.Requirement+row.Section, "|\n\"“”") {
			t.Errorf("row %s: the text does not fit a table of our own words", row.ID)
		}
	}
}

func TestTableMarksFailures(t *testing.T) {
	row := conform.Row{ID: "r", Section: "s", Level: conform.Must, Requirement: "q"}
	outcomes := []conform.Outcome{
		{Row: row, Cell: conform.Cell{Transport: conform.GRPC}},
		{Row: row, Cell: conform.Cell{Transport: conform.GRPC}, Err: io.EOF},
		{Row: row, Cell: conform.Cell{Transport: conform.JSON}},
	}
	if got, want := conform.Table(outcomes), "| r | MUST | q | s | **1 of 2** |  | 1 |\n"; !strings.HasSuffix(got, want) {
		t.Errorf("table\n%s\nwant its last line to be\n%s", got, want)
	}
	if got, want := len(conform.Failed(outcomes, conform.Must)), 1; got != want {
		t.Errorf("%d failed, want %d", got, want)
	}
	if got := conform.Failed(outcomes, conform.Should); len(got) != 0 {
		t.Errorf("failed at another level: %v", got)
	}
}
