// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

// Signature is what a message is signed with.
var Signature = signature
