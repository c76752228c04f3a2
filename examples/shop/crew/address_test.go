// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package crew_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/leadline/leadline/examples/shop/crew"
)

// TestListenHoldsItsPort takes a port twice: the second has to go elsewhere, for
// as long as the first listens.
func TestListenHoldsItsPort(t *testing.T) {
	first, err := crew.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	taken := first.Addr().(*net.TCPAddr).Port
	second, err := crew.Listen(taken)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if got := second.Addr().(*net.TCPAddr).Port; got == taken {
		t.Errorf("port %d was given twice", got)
	}
}

// TestSocketIsHandedOver has a process look whether it has the socket.
func TestSocketIsHandedOver(t *testing.T) {
	listener, err := crew.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	c := crew.New()
	t.Cleanup(func() { c.End(context.Background()) })
	p, err := c.Start(crew.Command{Name: "sh", Argv: []string{"sh", "-c", "test -S /dev/fd/3 && echo it is open"}, Socket: socket})
	if err != nil {
		t.Fatal(err)
	}
	<-p.Done
	if said := p.Ended().Error(); !strings.Contains(said, "it is open") {
		t.Error(said)
	}
}
