// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/leadline/leadline/internal/operation"
)

func TestNormaliseRoute(t *testing.T) {
	tests := []struct{ name, route, want string }{
		{"root", "/", "/"},
		{"empty", "", "/"},
		{"fastapi", "/items/{item_id}", "/items/{item_id}"},
		{"fastapi trailing slash", "/items/", "/items"},
		{"starlette converter", "/files/{file_path:path}", "/files/{file_path}"},
		{"starlette mount", "/v1", "/v1"},
		{"flask", "/users/<id>", "/users/{id}"},
		{"flask converter", "/users/<int:id>/posts/<string:slug>", "/users/{id}/posts/{slug}"},
		{"flask converter with arguments", "/<string(length=2):lang>/<any(about, 'a:b'):page>", "/{lang}/{page}"},
		{"flask regex converter", `/<regex("[a-z]{2}"):lang>/x`, "/{lang}/x"},
		{"flask static", "/static/<path:filename>", "/static/{filename}"},
		{"django path", "polls/<int:pk>/", "/polls/{pk}"},
		{"django path without slash", "polls/<slug:s>", "/polls/{s}"},
		{"django regex", `^articles/(?P<year>[0-9]{4})/$`, "/articles/{year}"},
		{"django regex with nested group", `^a/(?P<slug>[-\w]+(?:\.x)?)/b$`, "/a/{slug}/b"},
		{"django regex with slash end", `^x/(?P<id>\d+)/?\Z`, "/x/{id}"},
		{"django unnamed group", `^x/(\d+)/y/(\w+)/$`, "/x/{arg1}/y/{arg2}"},
		{"django include of regex", `api/^users/(?P<pk>[^/.]+)/$`, "/api/users/{pk}"},
		{"django include with converter", `<slug:org>/^users/(?P<pk>[^/.]+)/$`, "/{org}/users/{pk}"},
		{"rest framework format", `^users\.(?P<format>[a-z0-9]+)/?$`, "/users.{format}"},
		{"optional group", `^list/(?:page-(?P<n>\d+)/)?$`, "/list/page-{n}"},
		{"choice", `^(?:de|en)/x$`, "/{arg1}/x"},
		{"class outside of a group", `^x/[0-9a-f]{8}/y$`, "/x/{arg1}/y"},
		{"class that holds its bracket", `^x/[]a]+/y$`, "/x/{arg1}/y"},
		{"wildcard", `^docs/.*$`, "/docs/{arg1}"},
		{"look-ahead", `^(?!admin/)x/$`, "/x"},
		{"regex root", `^$`, "/"},
		{"optional slash without anchors", "users/?", "/users"},
		{"aiohttp", `/x/{id:\d+}`, "/x/{id}"},
		{"aiohttp nested braces", `/x/{id:[0-9]{4}}/y`, "/x/{id}/y"},
		{"pyramid traverse", "/a/*traverse", "/a/{traverse}"},
		{"falcon", "/b/{id:int(min=1)}", "/b/{id}"},
		{"fhir operation", "/Patient/$everything/x", "/Patient/$everything/x"},
		{"query is no route", "/a?b=c", "/a"},
		{"double slash", "//a///b", "/a/b"},
		{"parameter without a name", "/a/{}/<int:>", "/a/{arg1}/{arg2}"},
		{"bracket that is not closed", "/a/<b", "/a/b"},
		{"star after what was dropped", "<*rest", "/{rest}"},
		{"escaped letter beyond ascii", `^\ä$`, "/ä"},
		{"control characters", "/a\x00\x1b[31m/b\u202e", "/a[31m/b"},
		{"not UTF-8", "/a\xff/b", "/a/b"},
		{"beyond ascii", "/straße/{größe}", "/straße/{größe}"},
		{"too long", "/" + strings.Repeat("abcdefghi/", 30), "/" + strings.Repeat("abcdefghi/", 25) + "…"},
		{"one segment too long", "/" + strings.Repeat("a", 300), "/…"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := operation.NormaliseRoute(test.route); got != test.want {
				t.Errorf("NormaliseRoute(%q) = %q, want %q", test.route, got, test.want)
			}
		})
	}
}

func FuzzNormaliseRoute(f *testing.F) {
	for _, seed := range []string{"/a/{b:path}", "polls/<int:pk>/", `^x/(?P<id>[0-9]{4})/(?:a|b)?$`, "*a", `{\`, "<a(b:c>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, route string) {
		got := operation.NormaliseRoute(route)
		if !utf8.ValidString(got) || len(got) > 255 || got[0] != '/' || len(got) > 1 && strings.HasSuffix(got, "/") {
			t.Fatalf("NormaliseRoute(%q) = %q: not a route", route, got)
		}
		if again := operation.NormaliseRoute(got); again != got {
			t.Fatalf("NormaliseRoute(%q) = %q, and again %q", route, got, again)
		}
	})
}
