// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package secret reads secrets from the files that hold them.
//
// A secret is read when it is needed and kept by nobody: what a receiver holds
// is the name of the file, so that no value of ours can print the secret, and
// a file that is replaced counts from the next message on. No error of this
// package holds any part of a file's content.
package secret

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/leadline/leadline/internal/errs"
)

// maxBytes is the size of the largest secret.
const maxBytes = 8 << 10

// File names the file that holds a secret.
type File string

// Read returns the secret without the white space around it. A file that
// cannot be read is Unavailable: it may be mended while messages wait. So is
// one that is empty, because it may be about to be written.
func (f File) Read() (string, error) {
	content, err := f.content()
	if err != nil {
		return "", errs.New(errs.Unavailable, "read the secret in %s: %w", string(f), err)
	}
	return content, nil
}

func (f File) content() (string, error) {
	file, err := os.Open(string(f))
	if err != nil {
		return "", unnamed(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxBytes+1))
	text := strings.TrimSpace(string(content))
	switch {
	case err != nil:
		return "", unnamed(err)
	case len(content) > maxBytes:
		return "", fmt.Errorf("it has more than %d bytes", maxBytes)
	case text == "":
		return "", fmt.Errorf("it is empty")
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", fmt.Errorf("it holds more than one line, or a control character")
	}
	return text, nil
}

// unnamed takes the operation and the name off an error of package os: the
// caller says both.
func unnamed(err error) error {
	if e, ok := err.(*os.PathError); ok {
		return e.Err
	}
	return err
}

// Redacted stands for a secret in a text.
const Redacted = "(secret)"

// minRedacted is the length of the shortest text that is looked for: a
// shorter one is no secret, and would take the texts apart.
const minRedacted = 4

// Redact takes secrets out of a text, and the beginning of one that a limit
// has cut off at the end of it.
func Redact(text string, secrets []string) string {
	for _, s := range secrets {
		if len(s) >= minRedacted {
			text = strings.ReplaceAll(text, s, Redacted)
		}
	}
	for _, s := range secrets {
		for n := min(len(s), len(text)); n >= minRedacted; n-- {
			if strings.HasSuffix(text, s[:n]) {
				text = text[:len(text)-n] + Redacted
				break
			}
		}
	}
	return text
}
