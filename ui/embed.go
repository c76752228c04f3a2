// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package ui holds the built pages of the browser application.
//
// It owns nothing but the bytes: the sources beside this file are TypeScript,
// `npm run build` writes them to dist, and dist is embedded. Serving, caching
// and security headers belong to package web.
//
// dist is not committed except for one placeholder, so the package compiles in
// a checkout where no browser application was built yet; [FS] then holds no
// index.html and the server has to say so. Layout of a build:
//
//	index.html       the only page; every address that is not a file is answered with it
//	favicon.svg
//	assets/NAME-HASH.{js,css}   never change under one name, so they may be cached for ever
//
// The pages need no inline script, no inline style and no other origin. They
// work under: default-src 'none'; script-src 'self'; style-src 'self';
// img-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'self';
// base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script';
// trusted-types leadline.
package ui

import (
	"embed"
	"io/fs"
)

// The prefix all: is what lets the placeholder, a dot file, count as a match.
//
//go:embed all:dist
var dist embed.FS

// FS returns the files of dist with dist itself as the root.
func FS() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("BUG: dist is a valid path: " + err.Error())
	}
	return files
}
