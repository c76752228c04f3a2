// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/spec"
)

const good = `apiVersion: leadline/v1
kind: Service
metadata: {name: shop-api}
spec:
  objectives:
    - {name: up, availability: {}, target: 99%, window: 7d}
`

// openGood has everything that a document of OpenSLO names or holds.
const openGood = `apiVersion: openslo/v1
kind: SLO
metadata: {name: pay, displayName: Pay, labels: {a: [b]}, annotations: {leadline/owner: me, leadline/other-windows: 7d}}
spec:
  service: shop
  indicatorRef: pays
  timeWindow: [{duration: 1w, calendar: {startTime: 2026-01-05 00:00:00, timeZone: UTC}}]
  budgetingMethod: Timeslices
  objectives: [{displayName: A, targetPercent: 99.9, timeSliceTarget: 1, timeSliceWindow: 5}, {displayName: B, target: 0.9, timeSliceTarget: 1, timeSliceWindow: 1m}]
  alertPolicies:
    - metadata: {name: burns, annotations: {leadline/guard: "1", leadline/by-group: "false", leadline/short-window: 5m}}
      spec: {alertWhenBreaching: true, alertWhenNoData: true, conditions: [{conditionRef: fast}], notificationTargets: [{targetRef: chat}]}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: pays}
spec: {ratioMetric: {rawType: success, raw: {metricSource: {metricSourceRef: spans, spec: {success: {of: {http: POST /pay}, under: 1s}, by: [region]}}}}}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: spans}
spec: {type: leadline}
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: fast}
spec: {severity: page, condition: {kind: burnrate, op: gt, threshold: 2.5, lookbackWindow: 1h, alertAfter: 5m}}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, annotations: {leadline/environments: "a, b"}}
spec: {description: A shop.}
`

func parse(content string) *spec.Set {
	return spec.Parse([]spec.Source{{Path: "shop.yaml", Content: []byte(content)}})
}

func TestTheDocumentsOfTheFuzzTargetAreGood(t *testing.T) {
	if set := parse(openGood); len(set.Problems) > 0 || len(set.Objectives) != 4 {
		t.Errorf("got %d objectives, %v", len(set.Objectives), set.Problems)
	}
}

// numbered are fields that have no meaning.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%x: bad,", i)
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	const deep = 100_000
	for _, c := range []struct{ name, content, want string }{
		{"one byte too many", good + strings.Repeat("#", spec.MaxFileBytes+1-len(good)), "at most 1048576 are read"},
		{"100,000 lists deep", strings.Repeat("[", deep), "not YAML that can be read"},
		{"100,000 mappings deep", strings.Repeat("{a: ", deep), "not YAML that can be read"},
		{"100,000 blocks deep", strings.Repeat("- ", deep) + "a", "not YAML that can be read"},
		{"100,000 explicit keys deep", strings.Repeat("? ", deep) + "a", "not YAML that can be read"},
		{"a tab", "kind: Service\nmetadata:\n\tname: x\n", ":3:1: not YAML that can be read: found character that cannot start any token; the line is indented with a tab; write spaces"},
		{"a billion laughs", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "anchors and aliases"},
		{"a hundred thousand statuses", strings.Replace(good, "{}", "{statuses: {"+numbered(100_000)+"}}", 1), "at most 50"},
		{"too many objectives of OpenSLO", strings.Replace(openGood, "{displayName: B", strings.Repeat("{target: 0.8, timeSliceTarget: 1, timeSliceWindow: 5}, ", 500)+"{displayName: B", 1), "a file may hold 1000"},
		{"a hundred thousand environments", strings.Replace(openGood, "a, b", strings.Repeat("a,", 100_000), 1), "there may be 100"},
		{"too many objectives", good + strings.Repeat("    - {name: a, availability: {}, target: 99%, window: 7d}\n", 1000), "a file may hold 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := parse(c.content)
			if len(set.Problems) == 0 || len(set.Objectives) > 0 || len(set.Good) > 0 {
				t.Fatalf("accepted: %d objectives", len(set.Objectives))
			}
			if got := set.Problems[0].Error(); !strings.Contains(got, c.want) || len(got) > 1000 {
				t.Errorf("got %.1000s, want %s", got, c.want)
			}
		})
	}
}

func TestAFileOfTheLargestSizeIsRead(t *testing.T) {
	set := parse(good + strings.Repeat("#", spec.MaxFileBytes-len(good)))
	if len(set.Problems) > 0 || len(set.Objectives) != 1 {
		t.Errorf("got %v", set.Problems)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	set := parse(good + strings.Repeat("    - {}\n", 10_000))
	if n := len(set.Problems); n != 50 || set.Unsaid != 40_000-50 {
		t.Errorf("got %d problems and %d unsaid; four are wrong with each of 10,000 objectives", n, set.Unsaid)
	}
	for i, p := range set.Problems {
		if want := 7 + i/4; p.Line != want {
			t.Fatalf("problem %d is of line %d, want %d: the first of the text", i, p.Line, want)
		}
	}
}

func TestTheShopsFilesAreValid(t *testing.T) {
	folder, err := spec.OpenFolder("../../examples/shop/services")
	if err != nil {
		t.Fatal(err)
	}
	sources, err := folder.Read()
	if err != nil {
		t.Fatal(err)
	}
	set := spec.Parse(sources)
	for _, p := range set.Problems {
		t.Error(p)
	}
	if len(set.Objectives) != 11 {
		t.Errorf("got %d objectives, want 11", len(set.Objectives))
	}
	for _, o := range set.Objectives {
		if o.Owner == "" || o.Description == "" {
			t.Errorf("%s has owner %q and description %q", o.Name, o.Owner, o.Description)
		}
		if _, err := os.Stat(filepath.Join("../../examples/shop/services", o.Runbook)); err != nil {
			t.Errorf("runbook of %s: %v", o.Name, err)
		}
	}
}

// TestTheDocumentedExampleIsValid reads the first example of the reference.
func TestTheDocumentedExampleIsValid(t *testing.T) {
	text, err := os.ReadFile("../../docs/reference/service-file.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, found := strings.Cut(example, "```")
	if set := parse(example); !found || len(set.Problems) > 0 || len(set.Objectives) != 2 {
		t.Errorf("got %d objectives, %v", len(set.Objectives), set.Problems)
	}
}

// FuzzParse: no input takes the reader down, what is refused says where, and
// what is accepted comes back from OpenSLO.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(strings.ReplaceAll(good, "{}", "{of: {http: GET /}, statuses: {4xx: bad}}")))
	f.Add([]byte(strings.ReplaceAll(good, "window: 7d", "window: 7d, alerts: {defaults: false, rules: [{name: a, severity: page, for: 1m, guard: 9, by_group: true, when: {burn: {above: 1.5, over: [1h, 5m]}, spent: 5%, drop: {by: 1%, in: 1h}, exhausts: {within: 1d, over: 1h}}}]}")))
	f.Add([]byte(openGood))
	f.Add([]byte(strings.ReplaceAll(openGood, "raw: {", "good: {")))
	f.Add([]byte(strings.ReplaceAll(openGood, "metadata: {name: pay", "spec: {description: a} #")))
	f.Add([]byte("a: &a [*a]\n---\n? [x]\n: !t y"))
	f.Add([]byte("\xff\xfea\x00:\x00"))
	shop, err := os.ReadFile("../../examples/shop/services/shop.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shop)
	f.Fuzz(func(t *testing.T, content []byte) {
		set := spec.Parse([]spec.Source{{Path: "fuzz.yaml", Content: content}})
		if (len(set.Problems) == 0) != (len(set.Good) == 1) {
			t.Fatalf("%d problems, %d good files", len(set.Problems), len(set.Good))
		}
		if len(set.Problems) > 0 && len(set.Objectives) > 0 {
			t.Fatal("a file with a problem contributes objectives")
		}
		lines := bytes.Count(content, []byte("\n")) + bytes.Count(content, []byte("\r")) + 2
		for _, p := range set.Problems {
			if p.File != "fuzz.yaml" || p.What == "" || p.Line < 0 || p.Line > 4*lines {
				t.Fatalf("problem without a place or a text: %+v", p)
			}
		}
		for _, o := range set.Objectives {
			if o.Name == "" || o.Target == 0 || o.Window.Length == 0 || o.Indicator == nil || o.Line == 0 {
				t.Fatalf("half an objective: %+v", o)
			}
		}
		comesBack(t, set)
	})
}

// TestParseOver says which objectives go on when files change while some of
// them are broken.
func TestParseOver(t *testing.T) {
	file := func(objectives ...string) (text string) {
		text = "apiVersion: leadline/v1\nkind: Service\nmetadata: {name: shop, owner: team-a}\nspec:\n  objectives:\n"
		for _, o := range objectives {
			text += "    - {name: " + o + ", availability: {}, target: 99%, window: 28d}\n"
		}
		return text
	}
	sli := func(name string) string {
		return "apiVersion: openslo/v1\nkind: SLI\nmetadata: {name: " + name + "}\nspec: {ratioMetric: {rawType: success, raw: {metricSource: {type: leadline, spec: {availability: {}}}}}}\n"
	}
	slo := func(name string) string {
		return "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: " + name + "}\nspec: {service: shop, indicatorRef: " + name + ", timeWindow: [{duration: 4w, isRolling: true}], budgetingMethod: Occurrences, objectives: [{target: 0.9}]}\n"
	}
	const broken = "oops"
	for _, c := range []struct {
		name       string
		before     map[string]string
		now        map[string]string
		objectives string
		kept       string
		problems   int
	}{
		{"nothing is wrong", map[string]string{"a": file("y")}, map[string]string{"a": file("x")}, "a:x", "", 0},
		{"one is broken", map[string]string{"a": file("y"), "b": file("x")}, map[string]string{"a": file("z"), "b": broken}, "a:z b:x", "b", 1},
		{"one is broken and was never good", nil, map[string]string{"a": file("z"), "b": broken}, "a:z", "", 1},
		{"one moves while the file that it leaves is broken", map[string]string{"a": file("y"), "b": file("x", "z")},
			map[string]string{"a": file("y", "x"), "b": broken}, "a:y b:x b:z", "a b", 2},
		{"what another file names goes", map[string]string{"a": sli("x"), "b": slo("x")}, map[string]string{"a": sli("y"), "b": slo("x")}, "b:x", "a b", 1},
		{"what another file names breaks", map[string]string{"a": sli("x"), "b": slo("x")}, map[string]string{"a": broken, "b": slo("x")}, "b:x", "a b", 2},
		{"into a new file", map[string]string{"b": file("x", "z")}, map[string]string{"a": file("x"), "b": broken}, "b:x b:z", "b", 2},
		{"one pushes another", map[string]string{"a": file("y"), "b": file("x"), "c": file("z")},
			map[string]string{"a": file("x"), "b": broken, "c": file("y")}, "a:y b:x c:z", "a b c", 3},
		{"two of one name", map[string]string{"a": file("y")}, map[string]string{"a": file("x"), "b": file("x")}, "a:y", "a", 1},
		{"the last good texts contradict each other", map[string]string{"a": file("x"), "b": file("x", "y")}, map[string]string{"a": broken, "b": broken}, "", "a b", 3},
		{"the last good text is good no more", map[string]string{"a": broken}, map[string]string{"a": broken + "!"}, "", "a", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			lastGood := map[string][]byte{}
			for path, text := range c.before {
				lastGood[path] = []byte(text)
			}
			var sources []spec.Source
			for _, path := range slices.Sorted(maps.Keys(c.now)) {
				sources = append(sources, spec.Source{Path: path, Content: []byte(c.now[path])})
			}
			set, kept := spec.ParseOver(lastGood, sources)
			var got []string
			for _, o := range set.Objectives {
				got = append(got, o.File+":"+o.Name)
			}
			slices.Sort(got)
			slices.Sort(kept)
			if g, k := strings.Join(got, " "), strings.Join(kept, " "); g != c.objectives || k != c.kept || len(set.Problems) != c.problems {
				t.Errorf("got %q, kept %q, %d problems; want %q, %q, %d: %v", g, k, len(set.Problems), c.objectives, c.kept, c.problems, set.Problems)
			}
		})
	}
}
