// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package expr

// Interpret is Eval without the closures of direct.go.
func (p *Program) Interpret(e *Event) (bool, error) { return p.interpret(e) }

// IsDirect reports whether the expression has closures.
func (p *Program) IsDirect() bool { return p.direct != nil }
