// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// policy lets a page run our own scripts, workers and styles and talk to us
// alone. The UI has one policy of trusted types, for the address of its worker.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types leadline"

// pages serves the UI. An address that is no file is the application's own,
// which reads it in the browser.
func pages(ui fs.FS) http.HandlerFunc {
	files := http.FileServerFS(ui)
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if info, err := fs.Stat(ui, name); err != nil || info.IsDir() {
			name = "index.html"
			r.URL.Path = "/"
		}
		if name == "index.html" {
			h.Set("Cache-Control", "no-cache")
		}
		if _, err := fs.Stat(ui, name); err != nil {
			h.Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte("This binary was built without the UI. Build it with: make build\n"))
			return
		}
		files.ServeHTTP(w, r)
	}
}
