// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalogtest

import "github.com/leadline/leadline/internal/catalog"

func checkDefinitions(s *script) error {
	b := catalog.Definition{Path: "b.yaml", Content: []byte("kind: Service\x00\xff"), SHA256: "01", Saved: at(0)}
	a := catalog.Definition{Path: "a/é.yaml", Content: []byte{}, SHA256: "02", Saved: at(1)}
	for _, d := range []catalog.Definition{b, a} {
		if err := s.store.SaveDefinition(s.ctx, d); err != nil {
			return err
		}
	}
	if err := s.wantLastGood(a, b); err != nil {
		return err
	}
	b.Content, b.SHA256, b.Saved = []byte("kind: Service"), "03", at(2)
	if err := s.store.SaveDefinition(s.ctx, b); err != nil {
		return err
	}
	if err := s.wantLastGood(a, b); err != nil {
		return err
	}
	for range 2 { // the second time there is none
		if err := s.store.ForgetDefinition(s.ctx, a.Path); err != nil {
			return err
		}
	}
	return s.wantLastGood(b)
}

// wantLastGood compares the definitions before and after a restart.
func (s *script) wantLastGood(want ...catalog.Definition) error {
	for range 2 {
		got, err := s.store.LastGood(s.ctx)
		if err != nil {
			return err
		}
		if err := differ("definitions", got, want); err != nil {
			return err
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	return nil
}
