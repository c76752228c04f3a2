// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	collectorBinary = "../../bin/otelcol"
	relayConfig     = "../../bench/collector/configs/relay.yaml"
	collectorKills  = 25
)

// TestKillsBehindACollector puts a Collector between senders and server. It
// keeps what it has acknowledged in a queue on disk, sends other requests than
// it received, and sends again what the killed server did not answer.
func TestKillsBehindACollector(t *testing.T) {
	if _, err := os.Stat(collectorBinary); err != nil {
		skip(t, "bin/otelcol is missing; bench/README.md says how to build it")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	in, l := install(t, map[string]string{"shop.yaml": shopFile}), newLedger()
	to := freeAddr(t)
	in.flags = []string{"--otlp-http", to}
	s := in.start()
	x := newTraffic(t, l)
	x.aim(startCollector(t, to))
	x.start(seed, killSenders)
	for range collectorKills {
		time.Sleep(300*time.Millisecond + time.Duration(rng.Int64N(int64(1500*time.Millisecond))))
		s.kill()
		time.Sleep(time.Duration(rng.Int64N(int64(time.Second))))
		s = in.start()
	}
	x.finish()
	t.Logf("%d kills, %d spans, %d requests sent again to the Collector", collectorKills, l.spans, x.again.Load())
	s.settled(t, l)
	s.kill()
	s = in.start()
	s.settled(t, l)
	s.stop()
}

// startCollector starts a Collector that relays to an address, and waits
// until it listens.
func startCollector(t *testing.T, to string) addresses {
	t.Helper()
	at := addresses{grpc: freeAddr(t), http: freeAddr(t)}
	log, err := os.Create(filepath.Join(t.TempDir(), "collector.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(collectorBinary, "--config", relayConfig)
	cmd.Env = append(os.Environ(),
		"COLLECTOR_OTLP_GRPC="+at.grpc, "COLLECTOR_OTLP_HTTP="+at.http,
		"COLLECTOR_STORAGE="+filepath.Join(t.TempDir(), "queue"), "COLLECTOR_TO=http://"+to)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
		if content, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("the Collector said:\n%.4000s", content)
		}
	})
	for _, addr := range []string{at.grpc, at.http} {
		eventually(t, "the Collector listens", func() string {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				return err.Error()
			}
			_ = conn.Close()
			return ""
		})
	}
	return at
}

// freeAddr returns an address that is free now and that no outgoing
// connection is given, which would keep a restarted process from it.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 15_000+rand.IntN(10_000))
		if listener, err := net.Listen("tcp", addr); err == nil {
			_ = listener.Close()
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}
