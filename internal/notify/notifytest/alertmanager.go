// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package notifytest

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Alertmanager starts a real one, the program at binary, that tells a webhook of
// each service at once, and waits until it is ready. Without the program the
// test is skipped; in CI nothing may be left out.
func Alertmanager(t *testing.T, binary, hook string) *url.URL {
	t.Helper()
	if _, err := os.Stat(binary); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("bin/alertmanager is missing: make alertmanager")
		}
		t.Skip("bin/alertmanager is missing: make alertmanager")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	config := fmt.Sprintf("route: {receiver: hook, group_by: [service], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}\nreceivers: [{name: hook, webhook_configs: [{url: %q}]}]\n", hook)
	file := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(binary, "--config.file", file, "--storage.path", dir, "--web.listen-address", addr, "--cluster.listen-address", "")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	at := &url.URL{Scheme: "http", Host: addr}
	enough := time.After(time.Minute)
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		if response, err := http.Get(at.JoinPath("/-/ready").String()); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				tick.Stop()
				return at
			}
		}
		select {
		case <-tick.C:
		case <-ended:
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("it ended: %s", text)
		case <-enough:
			t.Fatal("it is not ready")
		}
	}
}
