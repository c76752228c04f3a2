// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package venv

import (
	"context"
	"path/filepath"
)

// Wheels are the packages of a requirements file as files, from which pip
// installs without an index.
type Wheels struct {
	// Dir is what pip calls a place to find links.
	Dir string
	// Python is an interpreter that they are for.
	Python string
}

// Fetch returns the packages of a requirements file, and fetches them when they
// are not there yet, into a folder beside the environments.
func Fetch(ctx context.Context, checkout, requirements string, progress func(string)) (Wheels, error) {
	env, python, err := prepare(ctx, checkout, "wheels-", requirements, progress, Env.download)
	if err != nil {
		return Wheels{}, err
	}
	return Wheels{env.Dir, python}, nil
}

func (e Env) download(ctx context.Context, python, requirements string, progress func(string)) error {
	progress("fetching the pinned packages of " + requirements)
	requirements, err := filepath.Abs(requirements)
	if err != nil {
		return err
	}
	return runTold(ctx, progress, "fetch packages", pip(python, "download", "--only-binary", ":all:", "--dest", e.Dir, "-r", requirements)...)
}
