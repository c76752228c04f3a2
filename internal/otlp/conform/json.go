// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package conform

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
)

// jsonRows: where OTLP/JSON differs from the usual mapping of protobuf.
func jsonRows() []Row {
	rows := []Row{
		jsonRow("json-unknown", Must, "Members with unknown names are ignored, whatever they hold.", 200, func(s Signal) []byte {
			return jsonRequest(s, attribute("a", `{"stringValue":"b"}`), jsonItem(s, `"laterVersion":{"deep":[1,{"x":null}]},`))
		}),
		jsonRow("json-unknown-top", Must, "An unknown member at the top is ignored.", 200, func(s Signal) []byte {
			return []byte(`{"laterVersion":[true,"x"]}`)
		}),
		jsonRow("json-snake-case", Must, "Original field names are no keys: one is an unknown member, and its value is not looked at.", 200, func(s Signal) []byte {
			return []byte(`{"resource_` + strings.ToLower(strings.TrimPrefix(jsonNames[s].resources, "resource")) + `":17}`)
		}),
		jsonRow("json-number", Must, "64-bit integers are taken as numbers too.", 200, func(s Signal) []byte {
			return jsonRequest(s, attribute("a", `{"intValue":-7}`), jsonItem(s, ""))
		}),
		jsonRow("json-string", Must, "64-bit integers are taken as decimal strings.", 200, func(s Signal) []byte {
			return jsonRequest(s, attribute("a", `{"intValue":"-9223372036854775808"}`), jsonItem(s, ""))
		}),
		jsonRow("json-null", Must, "null stands for a field's default.", 200, func(s Signal) []byte {
			return []byte(`{"` + jsonNames[s].resources + `":null}`)
		}),
		jsonRow("json-trailing", Must, "What follows the JSON value makes the request bad.", 400, func(s Signal) []byte {
			return []byte(`{} {}`)
		}),
		jsonRow("json-type", Must, "A value of the wrong type makes the request bad.", 400, func(s Signal) []byte {
			return []byte(`{"` + jsonNames[s].resources + `":"no list"}`)
		}),
	}
	return append(rows, jsonScalarRows()...)
}

func jsonScalarRows() []Row {
	ids := []Signal{Traces, Logs}
	enums := []Signal{Traces, Metrics, Logs}
	id := func(value string) func(Signal) []byte {
		return func(s Signal) []byte {
			item := jsonItem(s, `"traceId":"`+value+`",`)
			if s == Traces {
				item = strings.Replace(jsonItem(s, ""), traceHex, value, 1)
			}
			return jsonRequest(s, attribute("a", `{"boolValue":true}`), item)
		}
	}
	rows := []Row{
		jsonRow("json-id-lower", Must, "Trace and span ids are hexadecimal, in lower case.", 200, id(traceHex)),
		jsonRow("json-id-upper", Must, "Trace and span ids are hexadecimal, in upper case.", 200, id(strings.ToUpper(traceHex))),
		jsonRow("json-id-base64", Must, "Trace and span ids in base64 make the request bad.", 400, id("W47/+XA4EDRpSbTY0tlpyA==")),
		jsonRow("json-enum", Must, "Enums are taken as integers.", 200, func(s Signal) []byte { return jsonPayload(s, "enum") }),
		jsonRow("json-enum-name", Must, "Names of enums make the request bad: only integers are allowed.", 400, func(s Signal) []byte {
			named := map[Signal][2]string{
				Traces:  {`"kind":2`, `"kind":"SPAN_KIND_SERVER"`},
				Metrics: {`"aggregationTemporality":2`, `"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE"`},
				Logs:    {`"severityNumber":9`, `"severityNumber":"SEVERITY_NUMBER_INFO"`},
			}[s]
			return []byte(strings.Replace(string(jsonPayload(s, "enum")), named[0], named[1], 1))
		}),
	}
	for i := range rows {
		rows[i].signals = enums
		if strings.HasPrefix(rows[i].ID, "json-id") {
			rows[i].signals = ids
		}
	}
	return rows
}

// jsonRow is a row that sends one JSON text and wants one status.
func jsonRow(id string, level Level, requirement string, status int, text func(Signal) []byte) Row {
	return Row{
		ID: id, Section: "JSON Protobuf Encoding", Level: level, Requirement: requirement,
		transports: []Transport{JSON}, signals: allSignals, encodings: plain,
		check: func(ctx context.Context, c *call) error {
			a, err := c.send(ctx, text(c.Signal))
			if err != nil {
				return err
			}
			if err := a.want(status, codes.OK); err != nil {
				return fmt.Errorf("%w (body %.120q)", err, a.body)
			}
			return nil
		},
	}
}
